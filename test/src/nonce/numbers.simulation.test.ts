import { expect } from "chai";
import { Random } from "../../chaos/random.ts";
import { NumbersSimulation } from "./numbers-simulation.ts";

/** Each interleaving follows from NUMBERS_SEED + its index; a failure names its own seed. */
const seed = Number(process.env["NUMBERS_SEED"] ?? Random.fresh().seed);
const runs = Number(process.env["NUMBERS_RUNS"] ?? 30_000);
const STEPS = 14;

/** Traces of the many refusals that are part of it, and that nobody reads, would take most of the time. */
const { stackTraceLimit } = Error;

describe("Voucher numbers over reservations, crashes, lost leases and moved shards", () => {
  before(() => {
    Error.stackTraceLimit = 0;
  });

  after(() => {
    Error.stackTraceLimit = stackTraceLimit;
  });

  it(`are unique, dense within a word and monotone per shard in ${runs} random interleavings (NUMBERS_SEED=${seed})`, async function () {
    this.timeout(0); // how fast the machine is decides nothing
    let numbers = 0;
    for (let run = 0; run < runs; run++) {
      const simulation = new NumbersSimulation(new Random(seed + run));
      const problems = await simulation.run(STEPS);
      const replay = `NUMBERS_SEED=${seed + run} NUMBERS_RUNS=1 npx hardhat test mocha test/src/nonce/numbers.simulation.test.ts`;
      expect(problems, `replay with: ${replay}`).to.deep.equal([]);
      numbers += simulation.numbers;
    }
    expect(numbers).to.be.above(runs * 100);
    console.log(`      ${numbers} numbers given`);
  });
});
