import { expect } from "chai";
import type { EventStore } from "../../../src/store/index.ts";
import { collect, events } from "./expectations.ts";

/** The part of the conformance suite about subscriptions. @param current the store of the test that runs. */
export function subscribeConformance(current: () => EventStore): void {
  describe("subscribe", () => {
    it("gives what was and what comes, in order, each exactly once", async () => {
      const abort = new AbortController();
      await current().append([{ stream: "old", expected: 0, events: events(700) }]);
      const follow = async (after: number): Promise<number[]> => {
        const positions: number[] = [];
        for await (const event of current().subscribe(after, abort.signal)) {
          positions.push(event.position);
          if (event.position === 3700) break;
        }
        return positions;
      };
      const followers = [0, 350, 700, 3000].map(async (after) => [after, await follow(after)] as const);
      await Promise.all(
        Array.from({ length: 3000 }, (_, i) =>
          current().append([{ stream: `n/${i % 50}`, expected: Math.floor(i / 50), events: events(1) }]),
        ),
      );
      for (const [after, positions] of await Promise.all(followers)) {
        expect(positions).to.deep.equal(Array.from({ length: 3700 - after }, (_, i) => after + 1 + i));
      }
    });

    it("wakes for each append", async () => {
      const abort = new AbortController();
      const subscription = current().subscribe(0, abort.signal)[Symbol.asyncIterator]();
      for (let i = 0; i < 20; i++) {
        const next = subscription.next();
        await current().append([{ stream: "a", expected: i, events: events(1) }]);
        expect((await next).value).to.include({ position: i + 1 });
      }
      abort.abort();
      expect((await subscription.next()).done).to.equal(true);
    });

    it("ends when aborted: before, while waiting, and between events", async () => {
      expect(await collect(current().subscribe(0, AbortSignal.abort()))).to.deep.equal([]);
      const abort = new AbortController();
      const waiting = collect(current().subscribe(0, abort.signal));
      await current().head();
      abort.abort();
      expect(await waiting).to.deep.equal([]);
      await current().append([{ stream: "a", expected: 0, events: events(10) }]);
      const second = new AbortController();
      let seen = 0;
      for await (const event of current().subscribe(0, second.signal)) {
        seen = event.position;
        if (seen === 4) second.abort();
      }
      expect(seen).to.equal(4);
    });

    it("ends when the store is closed", async () => {
      await current().append([{ stream: "a", expected: 0, events: events(3) }]);
      const subscription = collect(current().subscribe(0, new AbortController().signal));
      await current().head();
      await current().close();
      expect((await subscription).length).to.be.at.most(3);
    });

    it("waits for a position that does not exist yet", async () => {
      const subscription = current().subscribe(5, new AbortController().signal)[Symbol.asyncIterator]();
      const next = subscription.next();
      await current().append([{ stream: "a", expected: 0, events: events(5) }]);
      await current().append([{ stream: "a", expected: 5, events: events(1) }]);
      expect((await next).value).to.include({ position: 6 });
    });
  });
}
