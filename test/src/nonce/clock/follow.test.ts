import { expect } from "chai";
import { BlockClock, follow, type HeadLook } from "../../../../src/nonce/index.ts";
import { slots12 } from "./hand.ts";

const blockAt = (number: number) => ({ number, hash: `0x${number}`, timestamp: 1_600_000_000 + 12 * number });

describe("A look at the head, told to the clock", () => {
  let clock: BlockClock;
  let nowMs: number;

  beforeEach(() => {
    nowMs = 100_000;
    clock = new BlockClock({ times: slots12, monotonic: () => nowMs });
  });

  const look = (change: Partial<HeadLook>): number => {
    nowMs += 12_000;
    follow(clock, { added: [], orphaned: [], answeredAtMs: nowMs, formerAskedAtMs: nowMs - 50, ...change });
    return clock.reading().samples;
  };

  it("is a sample where one block came since the look before", () => {
    expect(look({ added: [blockAt(1)] })).to.equal(1);
    expect(look({ added: [blockAt(2)] })).to.equal(2);
  });

  it("is none where it is the first, for nobody knows how long the block has been there", () => {
    expect(look({ added: [blockAt(1)], formerAskedAtMs: undefined })).to.equal(0);
  });

  it("is none where several blocks were caught up with", () => {
    expect(look({ added: [blockAt(1), blockAt(2)] })).to.equal(0);
  });

  it("is none where blocks replace others, and takes those out", () => {
    look({ added: [blockAt(1)] });
    expect(look({ added: [blockAt(2)], orphaned: [blockAt(1)] })).to.equal(0);
  });

  it("is none where nobody had looked for longer than a slot", () => {
    expect(look({ added: [blockAt(1)], formerAskedAtMs: nowMs - 1 })).to.equal(0);
  });

  it("of blocks that are no samples still says which slot is the next", () => {
    const start = nowMs;
    look({ added: [blockAt(1)] }); // seen 12 s after the start
    nowMs += 12_000; // nobody looks
    look({ added: [blockAt(2), blockAt(3)] });
    const next = nowMs + clock.lookInMs(2_000);
    expect(next).to.be.within(start + 4 * 12_000 + (slots12.looksMs[0] ?? 0) - 100, start + 4 * 12_000 + (slots12.looksMs[0] ?? 0) + 100);
  });
});
