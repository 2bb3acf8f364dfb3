import { expect } from "chai";
import type { BlockClock } from "../../../../src/nonce/index.ts";
import { ClockUncertain, DRIFT_PER_MS, MIN_SAMPLES } from "../../../../src/nonce/index.ts";
import { Hand, ownTime, slots12 } from "./hand.ts";

/** The clock's refusal. */
function refusal(clock: BlockClock): ClockUncertain {
  try {
    clock.second();
  } catch (error) {
    if (error instanceof ClockUncertain) return error;
    throw error;
  }
  throw new Error("the clock gave a second");
}

describe("BlockClock", () => {
  it("refuses until it has seen enough blocks, and says so", () => {
    const hand = new Hand();
    expect(() => hand.clock.now()).to.throw(ClockUncertain);
    hand.slots(MIN_SAMPLES - 1);
    const error = refusal(hand.clock);
    expect(error).to.include({ code: "CLOCK_UNCERTAIN", reason: "too few blocks", boundMs: Infinity });
    expect(error.message).to.contain("without any bound").and.contain("too few blocks were seen");
    expect(error.hint).to.contain("clock:show");
    expect(hand.clock.reading()).to.include({ samples: MIN_SAMPLES - 1, withinBound: false, nowMs: undefined });
  });

  it("tells chain time to within its bound once it has, and whole seconds of it", () => {
    const hand = new Hand();
    hand.slots(20);
    expect(Math.abs(hand.errorMs)).to.be.below(60);
    expect(hand.clock.reading()).to.deep.include({ withinBound: true, doubt: undefined, samples: 20 });
    expect(hand.clock.second()).to.equal(Math.floor(hand.clock.now() / 1_000));
    expect(hand.clock.reading().boundMs).to.be.within(slots12.delayOffMs, 500);
  });

  it("keeps a window of so many blocks and no more", () => {
    const hand = new Hand();
    hand.slots(100);
    expect(hand.clock.reading().samples).to.equal(slots12.window);
  });

  it("asks nobody for the time of day: a step of the system's clock is not noticed", () => {
    const real = Date.now;
    const hand = new Hand();
    try {
      Date.now = () => {
        throw new Error("the system's clock was asked");
      };
      hand.slots(20);
      expect(Math.abs(hand.errorMs)).to.be.below(60);
    } finally {
      Date.now = real;
    }
  });

  it("is not moved by missed slots, by slow blocks, or by a block of a reorg that is seen late", () => {
    const hand = new Hand();
    hand.slots(30);
    const before = hand.errorMs;
    hand.pass(3 * slots12.slotMs);
    hand.slots(3);
    for (let i = 0; i < 6; i++) hand.slot({ delayMs: 5_000 });
    hand.slot({ delayMs: 11_000 });
    expect(hand.errorMs).to.be.within(before - 30, before + 30);
    expect(hand.clock.reading().withinBound).to.equal(true);
  });

  it("passes over a block that nobody looked for when it came", () => {
    const hand = new Hand();
    hand.slot({ coarseMs: slots12.slotMs + 1 });
    expect(hand.clock.reading().samples).to.equal(0);
    hand.slot({ coarseMs: slots12.slotMs - 1 });
    expect(hand.clock.reading().samples).to.equal(1);
  });

  it("counts a block once, however often it is told of", () => {
    const hand = new Hand();
    hand.slot({ hash: "0xa" });
    hand.slot({ hash: "0xa" });
    expect(hand.clock.reading().samples).to.equal(1);
  });

  it("forgets blocks that are orphaned", () => {
    const hand = new Hand();
    hand.slots(MIN_SAMPLES - 1);
    const hash = hand.slot({ delayMs: 300 });
    expect(hand.clock.reading().samples).to.equal(MIN_SAMPLES);
    hand.clock.orphaned([hash, "0xunknown"]);
    expect(hand.clock.reading()).to.include({ samples: MIN_SAMPLES - 1, doubt: "too few blocks" });
  });

  it("says how coarsely it looked: a poll that is too slow makes the bound too wide, and is the reason", () => {
    const hand = new Hand();
    for (let i = 0; i < 64; i++) hand.slot({ delayMs: 900 + (i % 10) * 100, coarseMs: 2_000 });
    expect(refusal(hand.clock)).to.include({ reason: "spread" });
    expect(hand.clock.reading().boundMs).to.be.above(500);
  });

  it("widens its bound while no block comes, by the drift, until it refuses; and recovers", () => {
    const hand = new Hand();
    hand.slots(64);
    const fresh = hand.clock.reading().boundMs;
    hand.pass(600_000);
    expect(hand.clock.reading().boundMs).to.be.within(fresh + 600_000 * DRIFT_PER_MS - 1, fresh + 600_000 * DRIFT_PER_MS + 1);
    expect(hand.clock.reading().withinBound).to.equal(true);
    hand.pass(Math.ceil(500 / DRIFT_PER_MS));
    const error = refusal(hand.clock);
    expect(error.reason).to.equal("stalled");
    expect(error.message).to.contain("no block has come for too long");
    hand.slots(64);
    expect(hand.clock.second()).to.equal(Math.floor(hand.clock.now() / 1_000));
  });

  it("refuses while all blocks come more than a slot late, without moving, and goes on when they do not any more", () => {
    const hand = new Hand();
    hand.slots(40);
    const before = hand.errorMs;
    for (let i = 0; i < 8; i++) hand.slot({ delayMs: 12_000 + 900 + 50 });
    expect(refusal(hand.clock).reason).to.equal("late blocks");
    for (let i = 0; i < 80; i++) hand.slot({ delayMs: 24_000 + 900 });
    expect(refusal(hand.clock).reason).to.equal("late blocks");
    hand.slot();
    expect(hand.clock.reading().withinBound).to.equal(true);
    expect(hand.errorMs).to.be.within(before - 30, before + 30);
  });

  it("finds out that it began with an endpoint that was behind, and begins anew", () => {
    const hand = new Hand();
    hand.slots(20, { lateMs: 24_000 });
    expect(hand.errorMs).to.be.within(-24_000 - 100, -24_000 + 100);
    hand.slot();
    expect(refusal(hand.clock).reason).to.equal("contradicted");
    expect(hand.clock.reading().boundMs).to.equal(Infinity);
    hand.slots(MIN_SAMPLES);
    expect(Math.abs(hand.errorMs)).to.be.below(100);
    expect(hand.clock.reading().withinBound).to.equal(true);
  });

  it("does not believe one block that contradicts the others", () => {
    const hand = new Hand();
    hand.slots(30);
    const before = hand.errorMs;
    hand.slot({ shiftS: 3_600 });
    expect(refusal(hand.clock).reason).to.equal("contradicted");
    hand.slot();
    expect(hand.clock.reading()).to.deep.include({ withinBound: true, samples: 31 });
    expect(hand.errorMs).to.be.within(before - 10, before + 10);
  });

  it("does not believe a block whose timestamp is on no slot", () => {
    const hand = new Hand();
    hand.slots(30);
    hand.slot({ delayMs: 1_500, shiftS: -1 });
    expect(refusal(hand.clock).reason).to.equal("contradicted");
    hand.slot();
    expect(hand.clock.reading()).to.deep.include({ withinBound: true, samples: 31 });
  });

  it("begins anew where a local chain's time was set forward, and never averages the two times", () => {
    const hand = new Hand(ownTime);
    hand.slots(20);
    expect(hand.clock.reading().withinBound).to.equal(true);
    hand.slot({ shiftS: 1_000 });
    hand.slot({ shiftS: 1_000 });
    expect(hand.clock.reading()).to.include({ samples: 2, withinBound: false });
    hand.slots(MIN_SAMPLES - 2, { shiftS: 1_000 });
    expect(hand.errorMs).to.be.within(1_000_000 - 60, 1_000_000 + 60);
    expect(hand.clock.reading().withinBound).to.equal(true);
  });

  it("begins anew where a local chain's time was set back, stands still meanwhile and says so", () => {
    const hand = new Hand(ownTime);
    hand.slots(20);
    const before = hand.clock.now();
    hand.slots(8, { shiftS: -100 });
    expect(refusal(hand.clock)).to.include({ reason: "catching up" });
    expect(hand.clock.now()).to.be.at.least(before);
    hand.slots(1_100, { shiftS: -100 });
    expect(hand.errorMs).to.be.within(-100_000 - 100, -100_000 + 100);
    expect(hand.clock.reading().withinBound).to.equal(true);
  });

  it("never gives a time on a chain whose blocks outrun real time", () => {
    const hand = new Hand(ownTime);
    for (let i = 0; i < 200; i++) {
      hand.pass(50);
      const seenAtMs = hand.monotonicMs;
      hand.clock.observe({ number: i, hash: `0x${i}`, timestamp: 1_600_000_000 + i, seenAtMs, notBeforeMs: seenAtMs - 10 });
      expect(hand.clock.reading().withinBound).to.equal(false);
    }
  });

  describe("tells roughly, without ever refusing,", () => {
    const machine = 1_700_000_000;
    const trueSecond = (hand: Hand): number => Math.floor(hand.trueMs / 1_000);

    it("its own second where it is sure, whatever the machine's clock says", () => {
      const hand = new Hand();
      hand.slots(20);
      hand.pass(7_000);
      expect(hand.clock.roughly(undefined, machine)).to.equal(hand.clock.second());
      expect(hand.clock.roughly(1, 0)).to.equal(hand.clock.second());
    });

    for (const times of [slots12, ownTime]) {
      it(`a second that goes on while no block comes for hours (${times.keepsSlots ? "slots" : "own time"})`, () => {
        const hand = new Hand(times);
        hand.slots(3);
        hand.pass(4 * 3_600_000);
        expect(hand.clock.reading().doubt).to.equal("too few blocks");
        expect(hand.clock.roughly(undefined, 0)).to.be.within(trueSecond(hand) - 2, trueSecond(hand));
        hand.slots(64);
        hand.pass(Math.ceil(1_000 / DRIFT_PER_MS));
        expect(hand.clock.reading().doubt).to.equal("stalled");
        expect(hand.clock.roughly(undefined, 0)).to.be.within(trueSecond(hand) - 2, trueSecond(hand));
      });
    }

    it("no earlier than the machine's clock where the first block it saw may be an old one", () => {
      const hand = new Hand();
      hand.slot();
      expect(hand.clock.roughly(undefined, trueSecond(hand) + 3_600)).to.equal(trueSecond(hand) + 3_600);
      expect(new Hand().clock.roughly(1_600_000_000, 1_600_003_600)).to.equal(1_600_003_600);
      expect(new Hand().clock.roughly(1_600_003_600, 1_600_000_000)).to.equal(1_600_003_600);
      expect(new Hand().clock.roughly(undefined, machine)).to.equal(machine);
    });

    it("the time of a chain of its own, ahead of the machine's or behind it, also when it was just set", () => {
      const hand = new Hand(ownTime);
      expect(hand.clock.roughly(undefined, machine)).to.equal(machine);
      expect(hand.clock.roughly(1_500_000_000, machine)).to.equal(1_500_000_000);
      hand.slots(20);
      expect(hand.clock.roughly(1_500_000_000, machine)).to.be.within(trueSecond(hand) - 1, trueSecond(hand));
      hand.slot({ shiftS: 1_000 });
      expect(hand.clock.roughly(undefined, machine)).to.be.within(trueSecond(hand) + 999, trueSecond(hand) + 1_000);
    });
  });

  describe("with time sources", () => {
    const around = (hand: Hand, offMs: number, halfMs: number) => ({
      lowMs: hand.trueMs + offMs - halfMs,
      highMs: hand.trueMs + offMs + halfMs,
      atMs: hand.monotonicMs,
    });

    it("takes the narrower one where blocks and one source overlap, whole: a sliver of both would promise more than either", () => {
      const hand = new Hand();
      hand.slots(20);
      hand.clock.hear("a", around(hand, 0, 40));
      expect(hand.clock.reading()).to.deep.include({ sources: 1, agreeing: 2, withinBound: true });
      expect(hand.clock.reading().boundMs).to.be.within(40 + Math.abs(hand.errorMs) - 1, 40 + Math.abs(hand.errorMs) + 1);
      expect(Math.abs(hand.errorMs)).to.be.at.most(40);
      hand.clock.hear("a", around(hand, 160, 40)); // at the edge of what the blocks admit
      expect(hand.clock.reading().agreeing).to.equal(2);
      hand.pass(5_000);
      expect(hand.errorMs).to.be.within(160 - 5, 160 + 5);
      expect(hand.clock.reading().boundMs).to.be.within(40, 50);
    });

    it("lets two sources outvote blocks that come from an endpoint that is behind", () => {
      const hand = new Hand();
      hand.slots(20, { lateMs: 12_000 });
      hand.clock.hear("a", around(hand, 10, 40));
      hand.clock.hear("b", around(hand, -10, 40));
      expect(hand.clock.reading()).to.deep.include({ sources: 2, agreeing: 2, withinBound: true });
      expect(Math.abs(hand.errorMs)).to.be.below(60);
    });

    it("leaves out one source that is wrong, where another one is with the blocks", () => {
      const hand = new Hand();
      hand.slots(20);
      hand.clock.hear("liar", around(hand, 90_000, 10));
      hand.clock.hear("b", around(hand, 0, 40));
      expect(hand.clock.reading()).to.deep.include({ sources: 2, agreeing: 2, withinBound: true });
      expect(Math.abs(hand.errorMs)).to.be.below(60);
    });

    it("refuses where no majority agrees, with a bound that holds all of them", () => {
      const hand = new Hand();
      hand.slots(20);
      hand.clock.hear("a", around(hand, 3_000, 40));
      const error = refusal(hand.clock);
      expect(error).to.include({ reason: "sources disagree" });
      expect(error.hint).to.contain("clock.sources");
      expect(hand.clock.reading().boundMs).to.be.above(1_500);
      hand.clock.hear("b", around(hand, -3_000, 40));
      expect(refusal(hand.clock).reason).to.equal("sources disagree");
    });

    it("takes the last word of a source, makes it wider as it ages, and forgets it after an hour", () => {
      const hand = new Hand();
      hand.slots(20);
      hand.clock.hear("a", around(hand, 3_000, 40));
      hand.clock.hear("a", around(hand, 0, 40));
      expect(hand.clock.reading().withinBound).to.equal(true);
      const fresh = hand.clock.reading().boundMs;
      hand.pass(600_000);
      expect(hand.clock.reading().boundMs).to.be.within(fresh + 600_000 * DRIFT_PER_MS - 3, fresh + 600_000 * DRIFT_PER_MS + 3);
      hand.pass(3_000_001);
      expect(hand.clock.reading().sources).to.equal(0);
    });

    it("does not ask them where the chain has a time of its own", () => {
      const hand = new Hand(ownTime);
      hand.slots(20);
      hand.clock.hear("a", around(hand, 90_000, 40));
      expect(hand.clock.reading()).to.deep.include({ sources: 0, withinBound: true });
    });
  });

  describe("says when to look", () => {
    it("as a steady poll before it knows anything, and again when the chain stalls", () => {
      const hand = new Hand();
      expect(hand.clock.lookInMs(2_000)).to.equal(2_000);
      hand.slots(10);
      hand.pass(4 * slots12.slotMs);
      expect(hand.clock.lookInMs(2_000)).to.equal(2_000);
    });

    it("around the next expected block and not before, closely, and then until it comes", () => {
      const hand = new Hand();
      hand.slots(20);
      const base = Math.floor(hand.trueMs / slots12.slotMs) * slots12.slotMs + slots12.slotMs + slots12.delayMs;
      const looks: number[] = [];
      for (let i = 0; i < slots12.looksMs.length; i++) {
        hand.pass(hand.clock.lookInMs(2_000));
        looks.push(hand.trueMs - base);
      }
      for (const [i, at] of looks.entries())
        expect(at, `look ${i}`).to.be.within((slots12.looksMs[i] ?? 0) - 150, (slots12.looksMs[i] ?? 0) + 150);
      hand.pass(hand.clock.lookInMs(2_000));
      expect(hand.trueMs - base - slots12.slotMs, "the slot was missed").to.be.within(
        (slots12.looksMs[0] ?? 0) - 150,
        (slots12.looksMs[0] ?? 0) + 150,
      );
    });

    it("at other moments of each slot, so that where a block came between two looks averages out", () => {
      const hand = new Hand();
      hand.slots(20);
      const moments = new Set<number>();
      for (let i = 0; i < 20; i++) {
        hand.slot();
        const at = hand.trueMs + hand.clock.lookInMs(2_000);
        moments.add(Math.round((at % slots12.slotMs) / 5));
      }
      expect(moments.size).to.be.above(10);
    });
  });
});
