import { patiently } from "../patience.ts";
import type { Clock } from "../../clock.ts";
import { Endpoint, type EndpointSource, isHeld, isUnanswered } from "./endpoint.ts";
import { fanOut } from "./fan-out.ts";
import { agreed, undecided, type Vote } from "./quorum.ts";
import { type EndpointState, Ranking } from "./ranking.ts";
import { type Route, routeOf } from "./routes.ts";
import { type Rpc, type RpcCall, type RpcOutcome, RpcUnanswered, toQuantity } from "./rpc.ts";
import { survey } from "./survey.ts";

export interface RpcPoolOptions {
  /** In the order of trust: the first is the primary. */
  readonly endpoints: readonly EndpointSource[];
  /** The chain that all of them must serve; undefined: the one that the first of them to answer serves. */
  readonly chainId?: number;
  readonly clock: Clock;
  /** Hears of endpoints that do not answer at the start, or are on another chain or fork; the pool goes on without them. */
  readonly onTrouble?: (error: unknown) => void;
  /** Calls, or batches of calls, at one endpoint at the same time; 32 by default. */
  readonly maxConcurrent?: number;
  /** Calls that may wait for that at one endpoint; more are refused. 1,024 by default. */
  readonly maxQueued?: number;
  /** Blocks that an endpoint may be behind the best one and still be read; 2 by default. */
  readonly lagBlocks?: number;
  /** Time between two surveys of the heads once `start` was called; 2,000 by default. */
  readonly surveyMs?: number;
  /** How long an endpoint is left alone after failing often, longer each time in a row. */
  readonly pausesMs?: readonly number[];
}

/** Never longer than a lane waits between two broadcasts. */
const usualPausesMs = [500, 1_000, 2_000, 5_000];

/**
 * Several endpoints of one chain behind the door of one.
 *
 * Reads go to the best endpoint and stay there, so that the head does not flap between nodes; what it does not answer, the
 * next one is asked. Account nonces, receipts and the logs of one block need two endpoints that agree. Broadcasts go to all.
 * Which endpoints are read at all: those of the right chain, on no fork, and not far behind.
 */
export class RpcPool implements Rpc, AsyncDisposable {
  readonly #endpoints: readonly Endpoint[];
  readonly #ranking: Ranking;
  readonly #clock: Clock;
  readonly #onTrouble: (error: unknown) => void;
  readonly #surveyMs: number;
  readonly #lagBlocks: number;
  readonly #stop = new AbortController();
  /** What goes on although nobody waits for it: the rest of broadcasts, surveys. */
  readonly #background = new Set<Promise<unknown>>();
  #surveying: Promise<void> | undefined;
  #loop: Promise<void> | undefined;
  #opened = false;

  private constructor(options: RpcPoolOptions) {
    const { clock, chainId, maxConcurrent = 32, maxQueued = 1_024, lagBlocks = 2, pausesMs = usualPausesMs } = options;
    const report = (error: unknown) => {
      if (this.#opened) this.#onTrouble(error);
    };
    const limits = { maxConcurrent, maxQueued, pausesMs };
    this.#endpoints = namedApart(options.endpoints).map((source) => new Endpoint(source, chainId, clock, limits, report));
    this.#ranking = new Ranking(this.#endpoints, lagBlocks);
    this.#lagBlocks = lagBlocks;
    this.#clock = clock;
    this.#onTrouble = options.onTrouble ?? (() => undefined);
    this.#surveyMs = options.surveyMs ?? 2_000;
  }

  /**
   * Checks the chain of every endpoint that answers. One that does not is reported, taken in all the same, and checked
   * before its first use.
   * @throws ChainMismatch where one serves another chain; RpcUnanswered where none answers
   */
  static async open(options: RpcPoolOptions): Promise<RpcPool> {
    const pool = new RpcPool(options);
    const answers = await patiently(options.clock, async () => {
      const verified = await Promise.allSettled(pool.#endpoints.map((endpoint) => endpoint.verify()));
      if (verified.every((answer) => answer.status === "rejected")) throw verified[0]?.reason ?? nobody("eth_chainId");
      return verified;
    });
    const chainId = options.chainId ?? answers.find((answer) => answer.status === "fulfilled")?.value;
    if (chainId !== undefined) for (const endpoint of pool.#endpoints) endpoint.expect(chainId);
    const mismatch = pool.#endpoints.find((endpoint) => endpoint.mismatch)?.mismatch;
    if (mismatch) throw mismatch;
    pool.#opened = true;
    for (const answer of answers) if (answer.status === "rejected") pool.#onTrouble(answer.reason); // perhaps its URL is wrong
    await pool.#survey(pool.#endpoints.filter(({ verified }) => verified)); // the others would only keep us waiting once more
    return pool;
  }

  /** Surveys the heads from now on, until `close`. One endpoint has nobody to be compared with. */
  start(): void {
    if (this.#endpoints.length > 1) this.#loop ??= this.#surveyUntilClosed();
  }

  /** Waits for what goes on in the background. Requests after that work, but nobody waits for their rest. */
  async close(): Promise<void> {
    this.#stop.abort();
    await this.#loop;
    while (this.#background.size > 0) await Promise.allSettled([...this.#background]);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async request<T>(method: string, params: readonly unknown[]): Promise<T> {
    const [outcome] = await this.each<T>([{ method, params }]);
    if (outcome?.ok) return outcome.value;
    throw outcome?.error ?? nobody(method);
  }

  async each<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]> {
    const routes = calls.map(routeOf);
    const outcomes = new Array<RpcOutcome<unknown>>(calls.length);
    const parts = [...new Set(routes)].map(async (route) => {
      const places = [...routes.keys()].filter((i) => routes[i] === route);
      const part = await this.#send(
        route,
        places.flatMap((i) => calls[i] ?? []),
      );
      places.forEach((place, i) => {
        outcomes[place] = part[i] ?? { ok: false, error: nobody(calls[place]?.method ?? "") };
      });
    });
    await Promise.all(parts);
    return outcomes as RpcOutcome<T>[];
  }

  /** How each endpoint does, for people and metrics. */
  snapshot(): EndpointState[] {
    return this.#ranking.snapshot();
  }

  #send(route: Route, calls: readonly RpcCall[]): Promise<RpcOutcome<unknown>[]> {
    switch (route) {
      case "read":
        return this.#readBest(calls);
      case "quorum":
        return this.#byQuorum(calls);
      case "broadcast":
        return this.#broadcast(calls);
      case "primary":
        return this.#read(calls, this.#endpoints.slice(0, 1));
    }
  }

  /** From the endpoint that was read last, if it still answers. */
  async #readBest(calls: readonly RpcCall[]): Promise<RpcOutcome<unknown>[]> {
    return this.#read(calls, this.#ranking.readers(), (endpoint) => {
      this.#ranking.prefer(endpoint);
    });
  }

  /** Asks one after the other until each call has an answer; a refusal is one. */
  async #read(
    calls: readonly RpcCall[],
    readers: readonly Endpoint[],
    onLast: (endpoint: Endpoint) => void = () => undefined,
  ): Promise<RpcOutcome<unknown>[]> {
    const outcomes = new Array<RpcOutcome<unknown> | undefined>(calls.length);
    let open = [...calls.keys()];
    for (const endpoint of readers) {
      const answers = await endpoint.each(open.flatMap((i) => calls[i] ?? []));
      open.forEach((place, i) => {
        const before = outcomes[place];
        const answer = answers[i];
        if (!before || isHeld(before) || (answer && !isUnanswered(answer))) outcomes[place] = answer; // else the first reason is the telling one
      });
      open = open.filter((_, i) => !answers[i] || isUnanswered(answers[i]));
      if (open.length > 0) continue;
      onLast(endpoint);
      break;
    }
    return calls.map(({ method }, i) => outcomes[i] ?? { ok: false, error: nobody(method) });
  }

  async #byQuorum(calls: readonly RpcCall[]): Promise<RpcOutcome<unknown>[]> {
    const readers = this.#ranking.readers();
    if (readers.filter((endpoint) => this.#ranking.isHealthy(endpoint)).length < 2) return this.#read(calls, readers);
    const votes = calls.map((): Vote[] => []);
    const ask = async (endpoint: Endpoint, places: readonly number[]) => {
      const answers = await endpoint.each(places.flatMap((i) => calls[i] ?? []));
      places.forEach((place, i) => {
        if (answers[i]) votes[place]?.push({ endpoint: endpoint.name, outcome: answers[i] });
      });
    };
    const open = () => [...calls.keys()].filter((i) => calls[i] && !agreed(calls[i], votes[i] ?? []));
    await Promise.all(readers.slice(0, 2).map((endpoint) => ask(endpoint, [...calls.keys()])));
    for (const endpoint of readers.slice(2)) {
      if (open().length > 0) await ask(endpoint, open());
    }
    if (open().length > 0) this.#inBackground(this.#surveyOnce()); // finds out who lags
    return Promise.all(
      calls.map(async (call, i) => {
        const cast = votes[i] ?? [];
        return agreed(call, cast) ?? (await this.#atLowerHead(call, readers.slice(0, 2))) ?? undecided(call, cast);
      }),
    );
  }

  /**
   * Two nodes may be a block apart all the time, so that their newest counts never agree while a lane is busy. Then the
   * count at the lower one's head is taken, where both have it: a moment old, but agreed.
   */
  async #atLowerHead(call: RpcCall, pair: readonly Endpoint[]): Promise<RpcOutcome<unknown> | undefined> {
    const [address, tag] = call.params;
    if (call.method !== "eth_getTransactionCount" || tag !== "latest") return undefined;
    const heads = await Promise.all(pair.map((endpoint) => endpoint.each<string>([{ method: "eth_blockNumber", params: [] }])));
    const numbers = heads.flatMap(([head]) => (head?.ok ? Number(head.value) : []));
    const lower = Math.min(...numbers);
    if (numbers.length < 2 || Math.max(...numbers) - lower > this.#lagBlocks) return undefined; // the lower one is no reader any more
    const there = { method: call.method, params: [address, toQuantity(lower)] };
    const answers = await Promise.all(pair.map((endpoint) => endpoint.each([there])));
    return agreed(
      there,
      pair.flatMap(({ name }, i) => (answers[i]?.[0] ? [{ endpoint: name, outcome: answers[i][0] }] : [])),
    );
  }

  #broadcast(calls: readonly RpcCall[]): Promise<RpcOutcome<unknown>[]> {
    const { outcomes, done } = fanOut(this.#endpoints, calls);
    this.#inBackground(done);
    return outcomes;
  }

  #inBackground(work: Promise<unknown>): void {
    const forget = () => this.#background.delete(work);
    this.#background.add(work);
    work.then(forget, forget);
  }

  #surveyOnce(): Promise<void> {
    if (this.#endpoints.length < 2) return Promise.resolve();
    this.#surveying ??= this.#survey(this.#endpoints).finally(() => (this.#surveying = undefined));
    return this.#surveying;
  }

  async #survey(endpoints: readonly Endpoint[]): Promise<void> {
    for (const trouble of await survey(endpoints)) this.#onTrouble(trouble);
    this.#ranking.reconsider();
  }

  async #surveyUntilClosed(): Promise<void> {
    const { signal } = this.#stop;
    const aborted = () => signal.aborted; // changes while the loop waits
    while (!aborted()) {
      await this.#clock.pause(this.#surveyMs, signal);
      if (!aborted()) await this.#surveyOnce();
    }
  }
}

const nobody = (method: string): RpcUnanswered =>
  new RpcUnanswered(method, "any endpoint", "each of them is down, lags behind, or is on another chain");

/** Two keys of one provider are one host. */
function namedApart(sources: readonly EndpointSource[]): EndpointSource[] {
  const seen = new Map<string, number>();
  return sources.map(({ name, rpc }) => {
    const count = (seen.get(name) ?? 0) + 1;
    seen.set(name, count);
    return { name: count === 1 ? name : `${name} (${count})`, rpc };
  });
}
