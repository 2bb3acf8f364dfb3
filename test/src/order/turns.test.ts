import { expect } from "chai";
import fc from "fast-check";
import { Turns } from "../../../src/order/turns.ts";

interface Work {
  readonly keys: readonly number[];
  readonly alone: boolean;
  readonly fails: boolean;
}

const work = fc.record({
  keys: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 3 }),
  alone: fc.boolean(),
  fails: fc.boolean(),
});

const shares = (a: Work, b: Work): boolean => a.alone || b.alone || a.keys.some((key) => b.keys.includes(key));

describe("Turns", () => {
  it("let work that shares a key begin in the order of the calls and never side by side, whatever fails", () =>
    fc.assert(
      fc.asyncProperty(fc.array(work, { maxLength: 20 }), fc.scheduler(), async (works, scheduler) => {
        const turns = new Turns();
        const log: string[] = [];
        const results = works.map((each, i) => {
          const run = async () => {
            log.push(`begin ${i}`);
            await scheduler.schedule(Promise.resolve());
            log.push(`end ${i}`);
            if (each.fails) throw new Error(String(i));
            return i;
          };
          return each.alone ? turns.alone(run) : turns.run(each.keys.map(String), run);
        });
        const settled = Promise.allSettled(results);
        await scheduler.waitFor(settled);
        for (const [i, result] of (await settled).entries()) {
          expect(result.status).to.equal(works[i]?.fails === true ? "rejected" : "fulfilled");
        }
        for (const [j, later] of works.entries()) {
          for (const [i, earlier] of works.slice(0, j).entries()) {
            if (shares(earlier, later)) expect(log.indexOf(`end ${i}`)).to.be.lessThan(log.indexOf(`begin ${j}`));
          }
        }
      }),
    ));

  it("let work without a common key run side by side", async () => {
    const turns = new Turns();
    const both = Promise.withResolvers<undefined>();
    let running = 0;
    const meet = async () => {
      if (++running === 2) both.resolve(undefined);
      await both.promise; // each waits for the other
    };
    await Promise.all([turns.run(["a"], meet), turns.run(["b", "c"], meet)]);
    expect(running).to.equal(2);
  });
});
