import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Random } from "../../chaos/random.ts";
import { killWhileReserving } from "./kills.ts";

const seed = Number(process.env["NUMBERS_SEED"] ?? Random.fresh().seed);
const KILLS = 25;

describe("Voucher numbers of processes that are killed", () => {
  let folder = "";

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "mintd-kills-"));
  });

  after(async () => {
    await rm(folder, { recursive: true, force: true });
  });

  it(`are never given twice, over ${KILLS} SIGKILLs at random times (NUMBERS_SEED=${seed})`, async function () {
    this.timeout(0);
    const report = await killWhileReserving(join(folder, "store.db"), KILLS, new Random(seed));
    expect(report.repeats).to.equal(0);
    expect(report.giving).to.be.above(KILLS / 2);
    expect(report.numbers).to.be.above(1_000);
  });
});
