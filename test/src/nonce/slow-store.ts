import { VersionConflict } from "../../../src/store/errors.ts";
import type { NewEvent, Snapshot, StoredEvent, StreamId, StreamWrite, Version } from "../../../src/store/event-store.ts";

/** What an append in flight comes to. */
export type Fate = "stored" | "stored, and nobody hears of it" | "refused";

/** What an append failed of by the simulation's will. */
export class Injected extends Error {}

/** The part of the store's port that the ledger of numbers uses, with appends that end when and how the simulation says. */
export class SlowStore {
  readonly events: StoredEvent[] = [];
  #snapshot: Snapshot | undefined;
  readonly #inFlight: ((fate: Fate) => void)[] = [];

  get inFlight(): number {
    return this.#inFlight.length;
  }

  settle(index: number, fate: Fate): void {
    const [end] = this.#inFlight.splice(index, 1);
    end?.(fate);
  }

  append([write]: readonly StreamWrite[]): Promise<number> {
    return new Promise((resolve, reject) => {
      this.#inFlight.push((fate) => {
        if (write === undefined || fate === "refused") {
          reject(new Injected(fate));
          return;
        }
        if (write.expected !== this.events.length) {
          reject(new VersionConflict(write.stream, write.expected, this.events.length));
          return;
        }
        for (const event of write.events) this.#store(write.stream, event);
        if (fate === "stored") resolve(this.events.length);
        else reject(new Injected(fate));
      });
    });
  }

  versions(): Promise<Version[]> {
    return Promise.resolve([this.events.length]);
  }

  async *read(_: StreamId, from = 1): AsyncIterable<StoredEvent> {
    await Promise.resolve();
    yield* this.events.slice(from - 1);
  }

  head(): Promise<number> {
    return Promise.resolve(this.events.length);
  }

  saveSnapshot(_: string, snapshot: Snapshot): Promise<void> {
    this.#snapshot = structuredClone(snapshot);
    return Promise.resolve();
  }

  loadSnapshot(): Promise<Snapshot | undefined> {
    return Promise.resolve(this.#snapshot);
  }

  #store(stream: StreamId, event: NewEvent): void {
    const version = this.events.length + 1;
    this.events.push({ ...structuredClone(event), stream, version, position: version, at: 0 });
  }
}
