import { StoreWriteFailed } from "../../../../src/store/errors.ts";
import type { EventStore, StreamWrite } from "../../../../src/store/index.ts";
import type { Random } from "../../../chaos/random.ts";

/** A store some of whose writes fail, made or not: `faultiness` in [0, 1] says how many. */
export class DoubtfulStore {
  readonly #random: Random;
  readonly store: EventStore;
  faultiness = 0;

  constructor(store: EventStore, random: Random) {
    this.#random = random;
    this.store = new Proxy(store, {
      get: (target, name) => {
        if (name === "append") return (writes: readonly StreamWrite[]) => this.#append(target, writes);
        const value: unknown = Reflect.get(target, name);
        return typeof value === "function" ? (value.bind(target) as unknown) : value;
      },
    });
  }

  async #append(store: EventStore, writes: readonly StreamWrite[]): Promise<number> {
    if (!this.#random.chance(this.faultiness)) return store.append(writes);
    if (this.#random.chance(0.5)) await store.append(writes);
    throw new StoreWriteFailed("nonces.db", "disk full", { permanent: false });
  }
}
