import type { Rpc } from "../../../../src/chain/rpc/rpc.ts";
import type { Clock } from "../../../../src/clock.ts";
import { LaneNonces, type Recorded } from "../../../../src/durable/index.ts";
import type { EventStore } from "../../../../src/store/event-store.ts";
import { chainId, contentTo, kit, ours, transfer } from "./transactions.ts";

const never = <T>(): Promise<T> => new Promise<T>(() => undefined);

async function* nothingEver(): AsyncGenerator<never> {
  yield await never<never>();
}

/** A process that may die at any await: from then on it reads, writes and sends nothing more. */
export class SimulatedProcess {
  readonly #lane: Promise<LaneNonces>;
  #now = 0;
  #dead = false;

  /** @param begin when a former process is closed */
  constructor(store: EventStore, node: Rpc, begin: Promise<unknown> = Promise.resolve()) {
    const parts = {
      ...{ store: this.#mortal(store), rpc: this.#mortal(node), chainId, address: ours, kit, clock: this.#clock },
      ...{ pollMs: 1_000, finality: "depth" as const, awake: { during: <T>(work: () => Promise<T>) => work() } },
    };
    this.#lane = begin.then(() => LaneNonces.open(parts));
  }

  async send(to: string): Promise<Recorded> {
    return (await this.#lane).send({ key: `to ${to}`, content: contentTo(to), sign: (nonce) => Promise.resolve(transfer(nonce, to)) });
  }

  get lane(): Promise<LaneNonces> {
    return this.#lane;
  }

  kill(): void {
    this.#dead = true;
  }

  /** Everything that is called answers never once the process is dead, whether or not it was done. */
  #mortal<T extends object>(target: T): T {
    const isDead = (): boolean => this.#dead;
    return new Proxy(target, {
      get(object, name) {
        const value: unknown = Reflect.get(object, name);
        if (typeof value !== "function") return value;
        return (...args: unknown[]): unknown => {
          if (isDead()) return name === "read" ? nothingEver() : never();
          const result: unknown = Reflect.apply(value, object, args);
          return result instanceof Promise ? result.then((answer: unknown) => (isDead() ? never() : answer)) : result;
        };
      },
    });
  }

  /** Time passes as fast as it can. */
  readonly #clock: Clock = {
    now: () => this.#now,
    pause: async (ms) => {
      await new Promise(setImmediate);
      if (this.#dead) return never();
      this.#now += ms;
    },
  };
}
