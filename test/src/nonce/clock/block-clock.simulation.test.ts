import { expect } from "chai";
import { type Measured, measure, tableOf } from "./measure.ts";
import { simulate } from "./simulation.ts";
import { allowed, beyond, broken, checked, claimed } from "./worlds.ts";

const seed = Number(process.env["CLOCK_SEED"] ?? 1);

/** `CLOCK_SEED=<seed>` repeats a run; `bench/clock.ts` measures the same with more runs. */
describe(`BlockClock in a simulated network (CLOCK_SEED=${seed})`, function () {
  this.timeout(180_000);
  const rows: [string, Measured][] = [];
  const measured = (name: string, world: Parameters<typeof measure>[0], runs: number): Measured => {
    const result = measure(world, { seed, runs, slots: 200 });
    rows.push([name, result]);
    return result;
  };

  after(() => {
    console.log(`\n${tableOf(rows)}\n`);
  });

  it("is off by less than 220 ms at p99 on 12 s slots after 64 blocks, and far less than the newest block's timestamp", () => {
    const result = measured("12 s slots", claimed["12 s slots"], 60);
    expect(result.errorP99).to.be.below(220);
    expect(result.lastBlockP99).to.be.above(2_500);
    expect(result.issued).to.be.above(0.85);
  });

  it("is off by less than 40 ms at p99 on 2 s slots after 128 blocks, and far less than the newest block's timestamp", () => {
    const result = measured("2 s slots", claimed["2 s slots"], 60);
    expect(result.errorP99).to.be.below(40);
    expect(result.lastBlockP99).to.be.above(800);
    expect(result.issued).to.be.above(0.99);
  });

  it("looks at the chain no more often than a steady poll and sees blocks sooner", () => {
    for (const world of Object.values(claimed)) {
      const ours = measure(world, { seed, runs: 10, slots: 200 });
      const steady = measure({ ...world, slotAware: false }, { seed, runs: 10, slots: 200 });
      expect(ours.looksPerSlot).to.be.at.most(steady.looksPerSlot);
      expect(ours.lagP50).to.be.below(steady.lagP50);
    }
  });

  for (const [name, world] of Object.entries({ ...allowed, ...broken })) {
    it(`is within its bound, and never goes backward: ${name}`, () => {
      const result = measured(name, world, 20);
      expect(result.inside).to.be.at.least(0.999);
      expect(result.backward).to.equal(0);
    });
  }

  it("is within its bound on the claimed networks too, from the first blocks on", () => {
    for (const [name, { inside, backward }] of rows.filter(([row]) => row in claimed)) {
      expect(inside, name).to.be.at.least(0.999);
      expect(backward, name).to.equal(0);
    }
  });

  for (const name of ["12 s, stall of 20 min", "12 s, endpoint 2 slots behind", "2 s, stall of 2 min, made up for"] as const) {
    it(`issues again after it: ${name}`, () => {
      const world = broken[name];
      const over = ("lag" in world ? world.lag.to : world.stall.to) + world.times.window + 16;
      const outcomes = Array.from({ length: 10 }, (_, i) => simulate(world, seed + i, over + 100));
      const after = outcomes.flatMap(({ readings }) => readings.filter(({ slot }) => slot >= over));
      expect(after.filter(({ withinBound }) => withinBound).length / after.length).to.be.above(0.8);
    });
  }

  for (const [name, world] of Object.entries(checked)) {
    it(`issues nearly always, and rightly: ${name}`, () => {
      const { inside, issued, errorP99, backward } = measured(name, world, 20);
      expect(inside).to.be.at.least(0.999);
      expect(issued).to.be.above(0.97);
      expect(errorP99).to.be.below(200);
      expect(backward).to.equal(0);
    });
  }

  it("cannot know a floor that its profile does not allow for: the error is the difference, and the bound misses it", () => {
    for (const [name, world] of Object.entries(beyond)) {
      const { errorP50, inside } = measured(name, world, 20);
      expect(errorP50).to.be.within(world.floorOffMs - 60, world.floorOffMs + 60);
      expect(inside).to.be.below(0.5);
    }
  });
});
