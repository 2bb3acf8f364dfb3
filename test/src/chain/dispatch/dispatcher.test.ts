import fc from "fast-check";
import { World } from "./model.ts";

const lanes = 3;
const lane = fc.nat(lanes - 1);

/** One thing that happens; the frequent ones are those that bring orders on. */
const action = fc.oneof(
  { weight: 4, arbitrary: fc.record({ does: fc.constant("accept" as const), user: fc.nat(3) }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constant("take" as const), lane, intoGap: fc.boolean() }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constantFrom("assign", "assign", "putBack", "reject"), lane }) },
  { weight: 4, arbitrary: fc.record({ does: fc.constantFrom("mine", "mine", "settle"), lane }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("displaced", "failed", "gap"), lane }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("reorg" as const), blocks: fc.integer({ min: 1, max: 6 }) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("pass" as const), seconds: fc.constantFrom(1, 60, 119, 121, 301) }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constant("duty" as const), lane, duty: fc.constantFrom("open", "paused", "draining") }) },
  { weight: 2, arbitrary: fc.record({ does: fc.constantFrom("reroute", "driveAgain", "restart", "handOut", "redeem", "copy") }) },
);

type Action = typeof action extends fc.Arbitrary<infer T> ? T : never;

function happen(world: World, what: Action): void {
  switch (what.does) {
    case "accept": {
      world.accept(what.user);
      return;
    }
    case "take": {
      world.take(what.lane, what.intoGap);
      return;
    }
    case "assign":
    case "putBack":
    case "reject":
    case "mine":
    case "settle":
    case "gap": {
      world[what.does](what.lane);
      return;
    }
    case "displaced":
    case "failed": {
      world.lose(what.lane, what.does);
      return;
    }
    case "reorg": {
      world.reorg(what.blocks);
      return;
    }
    case "pass": {
      world.pass(what.seconds);
      return;
    }
    case "duty": {
      world.duty(what.lane, what.duty);
      return;
    }
    case "reroute":
    case "driveAgain":
    case "restart":
    case "handOut":
    case "redeem":
    case "copy": {
      world[what.does]();
      return;
    }
  }
}

describe("The dispatcher", () => {
  it("loses no order, takes none twice, keeps a user's on one lane, in order, and bound to one second", () => {
    const property = fc.property(fc.array(action, { maxLength: 120, size: "max" }), (actions) => {
      const world = new World(lanes);
      for (const each of actions) happen(world, each);
      world.finish();
    });
    fc.assert(property, { numRuns: 500 });
  }).timeout(20_000);
});
