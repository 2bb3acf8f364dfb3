import { expect } from "chai";
import { spawn } from "node:child_process";
import { once } from "node:events";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";
import { openSqliteStore } from "../../../src/store/index.ts";
import type { SignedVoucherJson } from "../../../src/voucher/index.ts";
import { collect } from "../store/expectations.ts";
import { random, seed } from "../store/seed.ts";
import { IssuingFolder } from "./issuings.ts";

const child = fileURLToPath(new URL("./issuing-child.ts", import.meta.url));
const batch = "5f".repeat(16);
const count = 1_500;

interface Line {
  readonly outcome: string;
  readonly voucher: SignedVoucherJson;
}

/** Issues the batch in a process of its own, which is killed when it has handed out `most` vouchers. */
async function run(folder: IssuingFolder, second: number, most = Infinity): Promise<Line[]> {
  const process_ = spawn(process.execPath, [child, folder.storePath, batch, String(count), String(second)], {
    stdio: ["ignore", "pipe", "inherit"],
  });
  const ended = once(process_, "close");
  const lines: Line[] = [];
  for await (const text of createInterface({ input: process_.stdout })) {
    if (!text.endsWith('"}}')) break; // cut off by the kill: nobody has this voucher
    lines.push(JSON.parse(text) as Line);
    if (lines.length === most) process_.kill("SIGKILL");
  }
  await ended;
  return lines;
}

describe("A process that is killed while it issues a batch", function () {
  this.timeout(240_000);
  it("gives the vouchers that it handed out again, and no number to two orders", async () => {
    const draw = random(seed);
    const folder = await IssuingFolder.make();
    try {
      let handedOut: Line[] = [];
      for (let kill = 0; kill < 4; kill++) {
        const most = 1 + Math.floor(draw() * count * 0.8);
        const lines = await run(folder, 1_750_000_000 + kill, most);
        const both = Math.min(lines.length, handedOut.length);
        expect(lines.slice(0, both).map(({ voucher }) => voucher)).to.deep.equal(handedOut.slice(0, both).map(({ voucher }) => voucher));
        if (lines.length > handedOut.length) handedOut = lines;
      }
      const all = await run(folder, 1_750_000_010);
      expect(all).to.have.lengthOf(count);
      expect(all.slice(0, handedOut.length).map(({ voucher }) => voucher)).to.deep.equal(handedOut.map(({ voucher }) => voucher));
      expect(new Set(all.map(({ voucher }) => voucher.redemption.txCount)).size).to.equal(count);
      expect(await run(folder, 1_750_000_290)).to.deep.equal(all.map((line) => ({ ...line, outcome: "repeated" })));
      await expectOneNumberEach(folder);
    } finally {
      await folder.remove();
    }
  });
});

/** By the ledger, whatever was handed out. */
async function expectOneNumberEach({ storePath }: IssuingFolder): Promise<void> {
  const store = await openSqliteStore({ path: storePath, readOnly: true });
  try {
    const authorised = (await collect(store.readAll(0, "order/"))).filter(({ kind }) => kind === "authorised");
    const owners = Map.groupBy(authorised, ({ data }) => (data as { number: string }).number);
    expect(authorised).to.have.lengthOf(count);
    for (const owner of owners.values()) expect(owner).to.have.lengthOf(1);
  } finally {
    await store.close();
  }
}
