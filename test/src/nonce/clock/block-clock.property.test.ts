import { expect } from "chai";
import fc from "fast-check";
import { ClockUncertain, MAX_BOUND_MS } from "../../../../src/nonce/index.ts";
import { Hand, ownTime, slots12 } from "./hand.ts";

/** What may happen to a clock, in any order and number. */
type Happening =
  | { readonly kind: "pass"; readonly ms: number }
  | { readonly kind: "block"; readonly delayMs: number; readonly coarseMs: number }
  | { readonly kind: "shifted"; readonly shiftS: number; readonly times: number }
  | { readonly kind: "orphan"; readonly depth: number }
  | { readonly kind: "hear"; readonly source: string; readonly offMs: number; readonly halfMs: number };

const block = fc.record({ kind: fc.constant("block" as const), delayMs: fc.integer({ min: 0, max: 40_000 }), coarseMs: fc.nat(15_000) });
const steady = fc.record({
  kind: fc.constant("block" as const),
  delayMs: fc.integer({ min: 880, max: 1_200 }),
  coarseMs: fc.integer({ min: 1, max: 100 }),
});
const happening: fc.Arbitrary<Happening> = fc.oneof(
  { arbitrary: steady, weight: 12 },
  { arbitrary: block, weight: 3 },
  { arbitrary: fc.record({ kind: fc.constant("pass" as const), ms: fc.nat(2_000_000) }), weight: 2 },
  {
    arbitrary: fc.record({
      kind: fc.constant("shifted" as const),
      shiftS: fc.integer({ min: -5_000, max: 5_000 }),
      times: fc.integer({ min: 1, max: 12 }),
    }),
    weight: 2,
  },
  { arbitrary: fc.record({ kind: fc.constant("orphan" as const), depth: fc.integer({ min: 1, max: 20 }) }), weight: 2 },
  {
    arbitrary: fc.record({
      ...{ kind: fc.constant("hear" as const), source: fc.constantFrom("a", "b", "c") },
      ...{ offMs: fc.integer({ min: -4_000, max: 4_000 }), halfMs: fc.integer({ min: 1, max: 900 }) },
    }),
    weight: 1,
  },
);

/** Lets it happen; `told` are the hashes of the blocks so far. */
function happen(hand: Hand, what: Happening, told: string[]): void {
  switch (what.kind) {
    case "pass":
      hand.pass(what.ms);
      break;
    case "block":
      told.push(hand.slot(what));
      break;
    case "shifted":
      for (let i = 0; i < what.times; i++) told.push(hand.slot({ shiftS: what.shiftS }));
      break;
    case "orphan":
      hand.clock.orphaned(told.splice(-what.depth));
      break;
    case "hear":
      hand.clock.hear(what.source, {
        lowMs: hand.trueMs + what.offMs - what.halfMs,
        highMs: hand.trueMs + what.offMs + what.halfMs,
        atMs: hand.monotonicMs,
      });
  }
}

/** The second, or undefined where it is refused. */
function secondOf({ clock }: Hand): number | undefined {
  try {
    return clock.second();
  } catch (error) {
    if (error instanceof ClockUncertain) return undefined;
    throw error;
  }
}

describe("BlockClock, whatever happens", () => {
  for (const [name, times] of [
    ["12 s slots", slots12],
    ["a local chain", ownTime],
  ] as const) {
    it(`never goes backward and issues exactly while its bound is within ±500 ms: ${name}`, () => {
      fc.assert(
        fc.property(fc.array(happening, { minLength: 1, maxLength: 120 }), fc.array(fc.nat(30_000)), (all, pauses) => {
          const hand = new Hand(times);
          const told: string[] = [];
          let [shown, second] = [-Infinity, -Infinity];
          for (const [i, what] of all.entries()) {
            happen(hand, what, told);
            hand.pass(pauses[i] ?? 0);
            const { nowMs, boundMs, withinBound, doubt } = hand.clock.reading();
            expect(nowMs ?? shown).to.be.at.least(shown);
            shown = nowMs ?? shown;
            const issued = secondOf(hand);
            expect(issued !== undefined)
              .to.equal(withinBound)
              .and.to.equal(doubt === undefined);
            if (issued === undefined) continue;
            expect(boundMs).to.be.within(0, MAX_BOUND_MS);
            expect(issued)
              .to.equal(Math.floor(shown / 1_000))
              .and.to.be.at.least(second);
            second = issued;
          }
        }),
        { numRuns: 300 },
      );
    });
  }

  it("comes back to the truth after anything but a block from the future that stays canonical", () => {
    const harmless = happening.filter(({ kind }) => kind !== "shifted" && kind !== "hear");
    fc.assert(
      fc.property(fc.array(harmless, { maxLength: 100 }), (all) => {
        const hand = new Hand();
        const told: string[] = [];
        for (const what of all) happen(hand, what, told);
        hand.slots(slots12.window);
        hand.clock.reading(); // from here on the time shown is slewed to the window's
        hand.pass(15_000);
        hand.slots(1);
        expect(Math.abs(hand.errorMs)).to.be.below(100);
        expect(hand.clock.reading().withinBound).to.equal(true);
      }),
      { numRuns: 200 },
    );
  });
});
