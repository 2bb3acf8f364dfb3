import { expect } from "chai";
import { networkOf } from "../../../../src/chain/networks.ts";
import { BlockClock, follow } from "../../../../src/nonce/index.ts";
import { Random } from "../../../chaos/random.ts";

const T0 = 1_700_000_000_000 - (1_700_000_000_000 % 12_000);
const MINUTE = 60_000;

interface Change {
  /** Slots that the endpoint is behind at first; none after the change. */
  readonly lagSlots: number;
  /** For how long this machine, its monotonic time with it, stands still at the change. */
  readonly suspendedMs: number;
}

/** Follows an endpoint that changes after ten minutes; what the clock and its looks did from then on, for half an hour. */
function followed(chainId: number, { lagSlots, suspendedMs }: Change) {
  const { blockTimes, pollMs } = networkOf(chainId);
  const { slotMs, delayMs } = blockTimes;
  const random = new Random(7);
  const delays = new Map<number, number>();
  const delayOf = (block: number): number => {
    const drawn = delays.get(block) ?? delayMs - 30 - Math.log(1 - random.next()) * 150;
    delays.set(block, drawn);
    return drawn;
  };
  let [now, asleep, lag, known] = [T0, 0, lagSlots * slotMs, -1];
  let formerAskedAtMs: number | undefined;
  const monotonic = (): number => now - T0 - asleep;
  const clock = new BlockClock({ times: blockTimes, monotonic });
  const after = { looks: 0, longestPauseMs: 0, wrong: 0, usable: false };
  const changeAt = now + 10 * MINUTE;
  let changed = false;
  for (const end = changeAt + suspendedMs + 30 * MINUTE; now < end;) {
    if (!changed && now >= changeAt) {
      [changed, lag, asleep] = [true, 0, suspendedMs];
      now += suspendedMs;
    }
    let head = Math.floor((now - T0 - lag) / slotMs);
    while (head > known && T0 + head * slotMs + delayOf(head) + lag > now) head--;
    const asked = monotonic();
    now += random.int(20, 80);
    const added = [];
    for (let number = known < 0 ? Math.max(0, head) : known + 1; number <= head; number++)
      added.push({ number, hash: `block ${number}`, timestamp: (T0 + number * slotMs) / 1_000 });
    known = Math.max(known, head);
    follow(clock, { added, orphaned: [], answeredAtMs: monotonic(), formerAskedAtMs });
    formerAskedAtMs = asked;
    const { withinBound, nowMs = 0, boundMs } = clock.reading();
    const pause = clock.lookInMs(pollMs);
    if (changed) {
      after.looks++;
      after.longestPauseMs = Math.max(after.longestPauseMs, pause);
      after.usable = withinBound;
      if (withinBound && Math.abs(nowMs - now) > boundMs) after.wrong++;
    }
    now += pause;
  }
  return { ...after, slotMs, pollMs };
}

describe("The block clock of an endpoint that was behind, or on a machine that was suspended", () => {
  for (const [name, chainId] of [
    ["mainnet", 1],
    ["base", 8453],
  ] as const) {
    for (const [what, change] of [
      ["one slot behind, and then not", { lagSlots: 1, suspendedMs: 0 }],
      ["ten slots behind, and then not", { lagSlots: 10, suspendedMs: 0 }],
      ["suspended for an hour", { lagSlots: 0, suspendedMs: 60 * MINUTE }],
    ] as const) {
      it(`goes on looking, refuses, and is right again: ${name}, ${what}`, () => {
        const { looks, longestPauseMs, wrong, usable, slotMs, pollMs } = followed(chainId, change);
        expect(longestPauseMs).to.be.at.most(slotMs + pollMs);
        expect(looks).to.be.above((30 * MINUTE) / (slotMs + pollMs));
        // The first look after the change cannot know of it yet.
        expect(wrong).to.be.at.most(1);
        expect(usable).to.equal(true);
      });
    }
  }

  it("looks steadily while the newest block is far in the future, and never waits longer than a slot and a poll", () => {
    const { blockTimes, pollMs } = networkOf(1);
    let now = 0;
    const clock = new BlockClock({ times: blockTimes, monotonic: () => now });
    for (let number = 0; number < 20; number++) {
      now = number * 12_000 + 900;
      clock.observe({ number, hash: `${number}`, timestamp: number * 12, seenAtMs: now, notBeforeMs: now - 100 });
    }
    clock.pass({ timestamp: 20 * 12 + 30 * 86_400, seenAtMs: now });
    expect(clock.lookInMs(pollMs)).to.equal(pollMs);
    expect(clock.reading()).to.include({ withinBound: false, doubt: "contradicted" });
  });
});
