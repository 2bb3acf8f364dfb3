import { expect } from "chai";
import fc from "fast-check";
import { VersionConflict } from "../../../src/store/index.ts";
import type { StorePlace } from "./conformance.ts";
import { collect, events } from "./expectations.ts";

interface Step {
  /** Streams written by this append, and how far its idea of their versions is off. */
  readonly writes: readonly { readonly stream: number; readonly off: number; readonly count: number }[];
  /** Wait for all appends in flight before the next. */
  readonly settle: boolean;
  readonly reopen: boolean;
}

const step: fc.Arbitrary<Step> = fc.record({
  writes: fc.uniqueArray(
    fc.record({
      stream: fc.integer({ min: 0, max: 4 }),
      off: fc.oneof({ weight: 4, arbitrary: fc.constant(0) }, { weight: 1, arbitrary: fc.integer({ min: -2, max: 2 }) }),
      count: fc.integer({ min: 1, max: 20 }),
    }),
    { minLength: 1, maxLength: 3, selector: (write) => write.stream },
  ),
  settle: fc.boolean(),
  reopen: fc.integer({ min: 0, max: 19 }).map((n) => n === 0),
});

/**
 * Plays random appends, from writers that do not wait for each other, against the store and against the simplest model:
 * a list. Appends are taken in the order of the calls, so the model knows each one's outcome, its position included.
 */
export async function checkAgainstModel(create: () => Promise<StorePlace>, seed: number): Promise<void> {
  await fc.assert(
    fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 40 }), async (steps) => {
      const place = await create();
      let store = await place.open();
      try {
        const log: { stream: string; version: number; n: unknown }[] = [];
        const versions = new Map<string, number>();
        let inFlight: Promise<void>[] = [];
        for (const { writes, settle, reopen } of steps) {
          const asked = writes.map(({ stream, off, count }) => {
            const name = `s/${stream}`;
            return { stream: name, expected: Math.max(0, (versions.get(name) ?? 0) + off), events: events(count, log.length) };
          });
          const fails = asked.some(({ stream, expected }) => (versions.get(stream) ?? 0) !== expected);
          if (!fails) {
            for (const write of asked) {
              write.events.forEach((event, i) => log.push({ stream: write.stream, version: write.expected + i + 1, n: event.data }));
              versions.set(write.stream, write.expected + write.events.length);
            }
          }
          const position = log.length;
          inFlight.push(
            store.append(asked).then(
              (actual) => {
                expect(fails ? "written" : actual).to.equal(fails ? "refused" : position);
              },
              (error: unknown) => {
                if (!fails || !(error instanceof VersionConflict)) throw error;
              },
            ),
          );
          if (settle || reopen) {
            await Promise.all(inFlight);
            inFlight = [];
          }
          if (reopen) {
            await store.close();
            store = await place.open();
          }
        }
        await Promise.all(inFlight);
        const all = await collect(store.readAll(0));
        expect(all.map(({ stream, version, data }) => ({ stream, version, n: data }))).to.deep.equal(log);
        expect(all.map(({ position }) => position)).to.deep.equal(log.map((_, i) => i + 1));
        const names = [...versions.keys()];
        expect(await store.versions(names)).to.deep.equal(names.map((name) => versions.get(name)));
      } finally {
        await store.close();
        await place.remove();
      }
    }),
    { seed, numRuns: 15 },
  );
}
