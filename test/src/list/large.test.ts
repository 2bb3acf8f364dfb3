import { execFile } from "node:child_process";
import { closeSync, mkdtempSync, openSync, rmSync, statSync, writeSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { checksumAddress } from "../../../src/address.ts";
import { keccak256OfText } from "../../../src/keccak/index.ts";

const ROWS = 1_500_000;
const HEAP_MB = 32;
const list = new URL("../../../src/list/index.ts", import.meta.url).href;

const program = `
  const { checkMintList } = await import(${JSON.stringify(list)});
  const before = process.resourceUsage().maxRSS;
  const { rows } = await checkMintList(process.argv[1]);
  console.log(JSON.stringify({ rows, grownMb: (process.resourceUsage().maxRSS - before) / 1024 }));
`;

function writeList(path: string): void {
  const users = Array.from({ length: 5_000 }, (_, i) => checksumAddress(keccak256OfText(`user ${String(i)}`).subarray(12)));
  const file = openSync(path, "w");
  writeSync(file, "id,to,quantity,uri\n");
  for (let start = 0; start < ROWS; start += 10_000) {
    const row = (_: unknown, i: number) => `drop-${start + i},${users[(start + i) % users.length] ?? ""},1,ipfs://drop/${start + i}\n`;
    writeSync(file, Array.from({ length: 10_000 }, row).join(""));
  }
  closeSync(file);
}

describe("a list of 100 MB", () => {
  const folder = mkdtempSync(join(tmpdir(), "mintd-large-"));
  after(() => {
    rmSync(folder, { recursive: true, force: true });
  });

  it(`is checked in flat memory: ${ROWS} rows, a heap of ${HEAP_MB} MB, below 200 MB in all`, async function () {
    this.timeout(180_000);
    const path = join(folder, "large.csv");
    writeList(path);
    expect(statSync(path).size).to.be.greaterThan(100_000_000);
    const flags = [`--max-old-space-size=${HEAP_MB}`, "--input-type=module", "--eval", program, path];
    const { stdout } = await promisify(execFile)(process.execPath, flags);
    const { rows, grownMb } = JSON.parse(stdout) as { rows: number; grownMb: number };
    expect(rows).to.equal(ROWS);
    expect(grownMb).to.be.lessThan(200);
  });
});
