import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { isAlive, readRecord } from "../../src/chain/index.ts";

describe("The demo of cast tokens", function () {
  this.timeout(120_000);

  it("takes its chain and its files with it where it is told to stop", async () => {
    const temporary = mkdtempSync(join(tmpdir(), "mintd-stopped-"));
    const demo = spawn(process.execPath, ["scripts/demo-cast.ts"], {
      env: { ...process.env, TMPDIR: temporary },
      stdio: ["ignore", "pipe", "ignore"],
    });
    try {
      for await (const line of createInterface({ input: demo.stdout })) if (line.startsWith("$ npx hardhat deploy")) break;
      const [home = ""] = readdirSync(temporary).filter((name) => name.startsWith("mintd-demo-"));
      const record = await readRecord(join(temporary, home, "chain"));
      expect(isAlive(record?.pid ?? 0)).to.equal(true);
      demo.kill("SIGTERM");
      const [code] = (await once(demo, "exit")) as [number | null];
      expect(code).to.equal(130);
      expect(isAlive(record?.pid ?? 0)).to.equal(false);
      expect(readdirSync(temporary).filter((name) => name.startsWith("mintd-demo-"))).to.deep.equal([]);
    } finally {
      demo.kill("SIGKILL");
      rmSync(temporary, { recursive: true, force: true });
    }
  });
});
