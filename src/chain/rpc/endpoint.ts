import {
  type CircuitBreakerPolicy,
  CircuitState,
  circuitBreaker,
  CountBreaker,
  handleWhenResult,
  isBrokenCircuitError,
  IterableBackoff,
} from "cockatiel";
import pLimit, { type LimitFunction } from "p-limit";
import type { Clock } from "../../clock.ts";
import { ChainMismatch } from "../errors.ts";
import { EndpointHealth } from "./endpoint-health.ts";
import { isRateLimit } from "./rate-limit.ts";
import { outcomeOf, type Rpc, type RpcCall, type RpcOutcome, RpcUnanswered } from "./rpc.ts";

/** An endpoint as the pool is given it. */
export interface EndpointSource {
  /** For people: the host alone, since URLs may hold keys. */
  readonly name: string;
  readonly rpc: Rpc;
}

export interface EndpointLimits {
  /** Calls that may be at the endpoint at the same time. */
  readonly maxConcurrent: number;
  /** Calls that may wait for that; more are refused. */
  readonly maxQueued: number;
  /** How long nothing is asked after too many failures, longer each time it happens in a row. */
  readonly pausesMs: readonly number[];
}

/** The call did not go to the endpoint at all, so it cannot have done anything with it. */
export class NotAsked extends RpcUnanswered {}

/** The breaker opens when more than half of the last 20 calls had no answer, 5 at the earliest. */
const breakerWindow = { threshold: 0.5, size: 20, minimumNumberOfCalls: 5 };

/**
 * One endpoint with all that keeps it from doing harm: a limit of calls at the same time, a breaker, a check of its
 * chain before the first use and after each outage, and the record of how it answers.
 *
 * Only calls without an answer count against it: an error of the node's own is an answer, above all one about a nonce
 * (law 7).
 */
export class Endpoint {
  readonly name: string;
  readonly health: EndpointHealth;
  /** On another chain than the majority since some block; kept up to date by the survey. */
  forked = false;
  readonly #rpc: Rpc;
  readonly #clock: Clock;
  readonly #limit: LimitFunction;
  readonly #maxQueued: number;
  readonly #breaker: CircuitBreakerPolicy;
  readonly #onWrongChain: (error: ChainMismatch) => void;
  #expected: number | undefined;
  #verified = false;
  #verifying: Promise<number | undefined> | undefined;
  #seenChainId: number | undefined;
  #chainError: RpcUnanswered | undefined;
  #mismatch: ChainMismatch | undefined;
  #head: number | undefined;
  /** By the system clock, as the breaker measures its pause. */
  #brokeAt = 0;

  /** @param chainId undefined: `expect` tells it later, and until then nothing but `verify` is asked */
  constructor(
    { name, rpc }: EndpointSource,
    chainId: number | undefined,
    clock: Clock,
    { maxConcurrent, maxQueued, pausesMs }: EndpointLimits,
    onWrongChain: (error: ChainMismatch) => void,
  ) {
    this.name = name;
    this.health = new EndpointHealth(clock);
    this.#rpc = rpc;
    this.#clock = clock;
    this.#expected = chainId;
    this.#limit = pLimit(maxConcurrent);
    this.#maxQueued = maxQueued;
    this.#onWrongChain = onWrongChain;
    const unanswered = handleWhenResult((result) => (result as Answered).failed);
    this.#breaker = circuitBreaker(unanswered, {
      breaker: new CountBreaker(breakerWindow),
      halfOpenAfter: new IterableBackoff(pausesMs),
    });
    // Whatever comes back after an outage may be another node.
    this.#breaker.onBreak(() => {
      this.#verified = false;
      this.#brokeAt = Date.now();
    });
  }

  /** Which chain it must serve, where that was not known at first. */
  expect(chainId: number): void {
    this.#expected = chainId;
    if (this.#seenChainId !== undefined) this.#judge(this.#seenChainId, chainId);
  }

  /** What each call came to. Never throws for an answer, a missing one, or a call that was held back. */
  each<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]> {
    return this.#guarded(calls, async () => {
      if (!this.#verified && (await this.#verifyOnce()) === undefined) {
        return { outcomes: this.#held(calls, "it did not tell its chain"), failed: true };
      }
      if (this.#mismatch) return { outcomes: this.#held(calls, "it serves another chain"), failed: false };
      const outcomes = await this.#ask<T>(calls);
      return { outcomes, failed: isFailure(outcomes) };
    });
  }

  /** Asks for the chain id. @throws RpcUnanswered where it does not tell */
  async verify(): Promise<number> {
    const [outcome] = await this.#guarded<number>([chainIdCall], async () => {
      const chainId = await this.#verifyOnce();
      if (chainId !== undefined) return { outcomes: [{ ok: true, value: chainId }], failed: false };
      const error = this.#chainError ?? new NotAsked(chainIdCall.method, this.name, "it did not tell its chain");
      return { outcomes: [{ ok: false, error }], failed: true };
    });
    if (outcome?.ok) return outcome.value;
    throw outcome?.error ?? new NotAsked(chainIdCall.method, this.name, "nothing was asked");
  }

  /** It answered with another chain: never asked again. */
  get mismatch(): ChainMismatch | undefined {
    return this.#mismatch;
  }

  /** Its chain is known to be the right one. */
  get verified(): boolean {
    return this.#verified;
  }

  /** Number of the newest block that it told of. */
  get head(): number | undefined {
    return this.#head;
  }

  get breaker(): "closed" | "open" | "half-open" {
    if (this.#breaker.state === CircuitState.Closed) return "closed";
    return this.#breaker.state === CircuitState.HalfOpen ? "half-open" : "open";
  }

  /** Calls, or batches, that are at the endpoint now. */
  get inFlight(): number {
    return this.#limit.activeCount;
  }

  /** Calls, or batches, that wait for their turn. */
  get queued(): number {
    return this.#limit.pendingCount;
  }

  async #guarded<T>(calls: readonly RpcCall[], work: () => Promise<Answered<T>>): Promise<RpcOutcome<T>[]> {
    if (this.#mismatch) return this.#held(calls, "it serves another chain");
    this.#forgetPauseOfOtherTime();
    if (this.#limit.pendingCount >= this.#maxQueued) return this.#held(calls, `${this.#maxQueued} calls wait for it already`);
    try {
      return (await this.#limit(() => this.#breaker.execute(work))).outcomes;
    } catch (error) {
      if (!isBrokenCircuitError(error)) throw error;
      return this.#held(calls, "it is left alone for a while after failing often");
    }
  }

  /** A system clock that was set back would leave the endpoint alone until it has caught up, for hours: the breaker begins anew. */
  #forgetPauseOfOtherTime(): void {
    if (this.#breaker.state === CircuitState.Open && Date.now() < this.#brokeAt) this.#breaker.isolate().dispose();
  }

  #held<T>(calls: readonly RpcCall[], why: string): RpcOutcome<T>[] {
    return calls.map(({ method }) => ({ ok: false, error: new NotAsked(method, this.name, why) }));
  }

  async #ask<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]> {
    const askedAt = this.#clock.now();
    const [only] = calls;
    const raw = calls.length === 1 && only ? [await one<T>(this.#rpc, only)] : await this.#rpc.each<T>(calls);
    const outcomes = raw.map((outcome, i) => this.#sorted(outcome, calls[i]?.method ?? ""));
    if (isFailure(outcomes)) this.health.unanswered();
    else this.health.answered(Math.max(0, this.#clock.now() - askedAt));
    outcomes.forEach((outcome, i) => {
      if (outcome.ok) this.#learn(calls[i], outcome.value);
    });
    return outcomes;
  }

  #sorted<T>(outcome: RpcOutcome<T>, method: string): RpcOutcome<T> {
    if (outcome.ok || !isRateLimit(outcome.error)) return outcome;
    return { ok: false, error: new RpcUnanswered(method, this.name, "it limits the rate of requests") };
  }

  /** Heads that pass through. */
  #learn(call: RpcCall | undefined, value: unknown): void {
    if (call?.method === "eth_blockNumber") this.#see(value);
    if (call?.method !== "eth_getBlockByNumber" || call.params[0] !== "latest") return;
    if (typeof value === "object" && value !== null && "number" in value) this.#see(value.number);
  }

  #see(number: unknown): void {
    if (typeof number === "string" && /^0x[0-9a-f]{1,13}$/i.test(number)) this.#head = Number(number);
  }

  /** Calls that come together wait for one check. */
  #verifyOnce(): Promise<number | undefined> {
    this.#verifying ??= this.#verify().finally(() => (this.#verifying = undefined));
    return this.#verifying;
  }

  async #verify(): Promise<number | undefined> {
    const [outcome] = await this.#ask<string>([chainIdCall]);
    const chainId = outcome?.ok ? Number(outcome.value) : NaN;
    if (!Number.isSafeInteger(chainId)) {
      const why = outcome?.ok === false ? outcome.error.message : "its chain id is no number";
      this.#chainError = new RpcUnanswered(chainIdCall.method, this.name, why);
      return undefined;
    }
    this.#seenChainId = chainId;
    if (this.#expected !== undefined) this.#judge(chainId, this.#expected);
    return chainId;
  }

  #judge(chainId: number, expected: number): void {
    this.#verified = chainId === expected;
    if (this.#verified || this.#mismatch) return;
    this.#mismatch = new ChainMismatch(expected, chainId, this.name);
    this.#onWrongChain(this.#mismatch);
  }
}

const chainIdCall: RpcCall = { method: "eth_chainId", params: [] };

interface Answered<T = unknown> {
  readonly outcomes: RpcOutcome<T>[];
  /** Whether it counts against the endpoint. */
  readonly failed: boolean;
}

/** A batch counts as failed where half of it had no answer: one call that was too slow is not an endpoint that is down. */
const isFailure = (outcomes: readonly RpcOutcome<unknown>[]): boolean => outcomes.filter(isUnanswered).length * 2 >= outcomes.length;

/** Nobody knows what became of the call, or it was held back. */
export const isUnanswered = (outcome: RpcOutcome<unknown>): boolean => !outcome.ok && outcome.error instanceof RpcUnanswered;
/** The call was held back. */
export const isHeld = (outcome: RpcOutcome<unknown>): boolean => !outcome.ok && outcome.error instanceof NotAsked;

async function one<T>(rpc: Rpc, { method, params }: RpcCall): Promise<RpcOutcome<T>> {
  try {
    return { ok: true, value: await rpc.request<T>(method, params) };
  } catch (error) {
    return outcomeOf<T>(() => {
      throw error;
    });
  }
}
