import {
  isDrift,
  type NumberLedger,
  type Rerouting,
  routeOf,
  ShardElsewhere,
  type ShardMap,
  VoucherNonces,
} from "../../../src/nonce/index.ts";
import { ConflictPath } from "../../../src/order/index.ts";
import type { EventStore } from "../../../src/store/event-store.ts";
import type { Random } from "../../chaos/random.ts";
import { type Fate, Injected, SlowStore } from "./slow-store.ts";

const NODES = ["a", "b", "c"] as const;
const USERS = ["anna", "bert", "cleo", "dora", "emil", "fritz"] as const;
const WORD = 256;

/** A lease as the store has it. */
interface Lease {
  readonly firstWord: number;
  readonly words: number;
  readonly shard: number;
  readonly node: string;
  readonly epoch: number;
}

/** Numbers of one reservation; a simulation's are small. */
interface Given {
  readonly node: string;
  readonly numbers: readonly number[];
  /** How many had been given something when this was asked for. */
  readonly after: number;
}

/** Lets everything go on that waits for nothing but its turn. */
const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

/** The service's own road of conflicts, without its pauses. */
const rerouting = (ledger: NumberLedger): Rerouting =>
  new ConflictPath({
    ...{ isConflict: isDrift, pause: () => Promise.resolve(), random: () => 0, now: () => 0 },
    shardMap: () => ledger.map,
  });

/**
 * Three processes, each with a ledger of its own, on one store. At each step, by the dice: somebody reserves, an append in
 * flight ends (well, unheard, or refused), a process crashes, a shard is moved, the map changes, or a process reads what it
 * missed. Then it is held against a model: `problems` says what is wrong.
 */
export class NumbersSimulation {
  readonly #random: Random;
  readonly #store = new SlowStore();
  readonly #processes = new Map<string, VoucherNonces>();
  /** What was given to somebody alive, in the order in which they heard of it. */
  readonly #given: Given[] = [];
  readonly #problems: string[] = [];
  readonly #pending = new Set<Promise<void>>();
  /** Maps that somebody has seen; callers route by any of them. */
  readonly #maps: ShardMap[] = [];
  #time = 0;

  constructor(random: Random) {
    this.#random = random;
  }

  /** Runs it to its end. @returns what is wrong, one sentence each. */
  async run(steps: number): Promise<readonly string[]> {
    for (const node of NODES) await this.#start(node);
    for (let step = 0; step < steps; step++) {
      this.#time += this.#random.int(0, 400);
      this.#step();
      await settled();
    }
    await this.#calm();
    await this.#everybodyIsServed();
    return [...this.#problems, ...this.#judge()];
  }

  get numbers(): number {
    return this.#given.reduce((sum, { numbers }) => sum + numbers.length, 0);
  }

  async #start(node: string): Promise<void> {
    const nonces = await VoucherNonces.open({
      store: this.#store as unknown as EventStore, // of which the ledger uses this part alone
      eventsBetweenSnapshots: 5,
      ...{ chainId: 31337, minter: "0x55ac5436e68305a0c54297642163a8fdf23bba0a", shards: 2, nodes: [node] },
      ...{ rerouting, now: () => this.#time, blocks: { least: 1, most: 4, targetMs: 1_000 } },
    });
    this.#processes.set(node, nonces);
    this.#maps.push(nonces.ledger.map);
    let { version } = nonces.ledger.state;
    nonces.ledger.onChange(() => {
      const now = nonces.ledger.state.version;
      if (now < version) this.#problems.push(`${node}'s ledger stepped back from version ${version} to ${now}`);
      version = now;
      this.#maps.push(nonces.ledger.map);
    });
  }

  #step(): void {
    const dice = this.#random.int(1, 100);
    const node = this.#random.pick(NODES);
    if (dice <= 42) this.#go(this.#reserve(node, this.#random.pick(USERS), this.#count()));
    else if (dice <= 78) this.#settle(this.#random.pick<Fate>(["stored", "stored", "stored", "stored, and nobody hears of it", "refused"]));
    else if (dice <= 83) this.#go(this.#start(node));
    else if (dice <= 91) this.#ask(node, ({ ledger }) => ledger.move(this.#random.int(0, ledger.map.shards - 1), this.#random.pick(NODES)));
    else if (dice <= 94) this.#ask(node, ({ ledger }) => ledger.remap(this.#random.pick([1, 2, 4])));
    else this.#ask(node, ({ ledger }) => ledger.refresh());
  }

  #count(): number {
    return this.#random.chance(0.8) ? this.#random.int(1, 40) : this.#random.int(41, 600);
  }

  /** @param forwarded how often another process said that the shard is elsewhere */
  async #reserve(node: string, user: string, count: number, forwarded = 0): Promise<boolean> {
    const nonces = this.#processes.get(node);
    const after = this.#given.length;
    try {
      const route = routeOf(
        user,
        this.#random.chance(0.8) || !nonces ? (nonces?.ledger.map ?? { version: 1, shards: 2 }) : this.#random.pick(this.#maps),
      );
      const numbers = ((await nonces?.reserveBy(route, count)) ?? []).map(Number);
      if (this.#processes.get(node) !== nonces) return false; // it crashed meanwhile: nobody was given anything
      this.#given.push({ node, numbers, after });
      if (numbers.length !== count) this.#problems.push(`${node} gave ${numbers.length} numbers for ${count}`);
      if (wordsOf(numbers).size !== Math.ceil(count / 256)) this.#problems.push(`${count} numbers lie in ${wordsOf(numbers).size} words`);
      return true;
    } catch (error) {
      if (error instanceof ShardElsewhere && forwarded < 4) return this.#reserve(error.node, user, count, forwarded + 1);
      if (!(error instanceof Injected) && !isDrift(error)) throw error;
      return false;
    }
  }

  #settle(fate: Fate): void {
    if (this.#store.inFlight > 0) this.#store.settle(this.#random.int(0, this.#store.inFlight - 1), fate);
  }

  /** What a process is asked may fail of what the simulation does, of a map that changed, and of nothing else. */
  #ask(node: string, ask: (nonces: VoucherNonces) => Promise<unknown>): void {
    const nonces = this.#processes.get(node);
    if (!nonces) return;
    const allowed = (error: unknown): void => {
      if (!(error instanceof Injected) && (error as { code?: string }).code !== "SHARD_UNKNOWN") throw error;
    };
    this.#go(ask(nonces).catch(allowed));
  }

  #go(work: Promise<unknown>): void {
    const watched = work
      .then(() => undefined)
      .catch((error: unknown) => {
        this.#problems.push(`unexpected: ${String(error)}`);
      })
      .finally(() => this.#pending.delete(watched));
    this.#pending.add(watched);
  }

  /** No more faults: all that is under way comes to its end. */
  async #calm(): Promise<void> {
    for (let rounds = 0; rounds < 10_000; rounds++) {
      await settled();
      if (this.#store.inFlight === 0 && this.#pending.size === 0) return;
      this.#settle("stored");
    }
    this.#problems.push(`${this.#pending.size} calls never ended`);
  }

  async #everybodyIsServed(): Promise<void> {
    for (const user of USERS) {
      let served: boolean | undefined;
      this.#go(this.#reserve("a", user, 3).then((was) => (served = was)));
      await this.#calm();
      if (served !== true) this.#problems.push(`${user} is not served though nothing is wrong any more`);
    }
  }

  #judge(): string[] {
    const leases = this.#store.events.flatMap(({ kind, data }): Lease[] => {
      const lease = data as unknown as Omit<Lease, "firstWord"> & { firstWord: string };
      return kind === "leased" ? [{ ...lease, firstWord: Number(lease.firstWord) }] : [];
    });
    return [...overlaps(leases), ...this.#judgeNumbers(leases)];
  }

  #judgeNumbers(leases: readonly Lease[]): string[] {
    const problems: string[] = [];
    const taken = new Set<number>();
    for (const { node, numbers } of this.#given) {
      for (const number of numbers) {
        if (taken.has(number)) problems.push(`${number} was given twice`);
        taken.add(number);
      }
      for (const word of wordsOf(numbers)) {
        const owner = leaseOf(word, leases)?.node ?? "nobody";
        if (owner !== node) problems.push(`word ${word} was given by ${node} and is leased to ${owner}`);
      }
    }
    return [...problems, ...holes(taken), ...epochsThatStepBack(leases), ...this.#stepsBack(leases)];
  }

  /** Within an epoch, what is asked for later is higher. Those who ask at the same time may hear of it in any order. */
  #stepsBack(leases: readonly Lease[]): string[] {
    const keys = this.#given.map(({ numbers }) => {
      const lease = leaseOf(Math.floor((numbers[0] ?? 0) / WORD), leases);
      return `shard ${lease?.shard ?? -1}, epoch ${lease?.epoch ?? -1}`;
    });
    return this.#given.flatMap(({ numbers, after }, i) => {
      const unsorted = numbers.some((number, n) => n > 0 && number <= (numbers[n - 1] ?? 0));
      const former = this.#given.slice(0, after).filter((_, n) => keys[n] === keys[i]);
      const later = former.find((each) => (each.numbers.at(-1) ?? 0) >= (numbers[0] ?? 0));
      return [
        ...(unsorted ? [`${keys[i]}: not ascending`] : []),
        ...(later === undefined ? [] : [`${keys[i]}: ${numbers[0]} after ${later.numbers.at(-1)}`]),
      ];
    });
  }
}

const wordsOf = (numbers: readonly number[]): Set<number> => new Set(numbers.map((number) => Math.floor(number / WORD)));

const leaseOf = (word: number, leases: readonly Lease[]): Lease | undefined =>
  leases.find(({ firstWord, words }) => word >= firstWord && word < firstWord + words);

/** Leases follow each other without a gap and without a word in two of them. */
function overlaps(leases: readonly Lease[]): string[] {
  let next = 0;
  return leases.flatMap(({ firstWord, words }) => {
    const problem = firstWord === next ? [] : [`a lease begins at word ${firstWord}, not at ${next}`];
    next = firstWord + words;
    return problem;
  });
}

/** The numbers of a word that were given are its first ones. */
function holes(taken: ReadonlySet<number>): string[] {
  const problems: string[] = [];
  for (const number of taken) {
    if (number % WORD !== 0 && !taken.has(number - 1)) problems.push(`a hole below ${number}`);
  }
  return problems;
}

/** A shard's later epoch has higher words than its earlier one. */
function epochsThatStepBack(leases: readonly Lease[]): string[] {
  const latest = new Map<number, number>();
  return leases.flatMap(({ shard, epoch, firstWord }) => {
    const before = latest.get(shard) ?? 0;
    latest.set(shard, epoch);
    return epoch < before ? [`shard ${shard}: word ${firstWord} is leased under epoch ${epoch} after ${before}`] : [];
  });
}
