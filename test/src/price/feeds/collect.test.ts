import { expect } from "chai";
import fc from "fast-check";
import {
  aggregate,
  DeviationTooLarge,
  InvalidSourceKey,
  type PriceRequest,
  type Quote,
  QuorumNotReached,
  signQuote,
  type SourceSigner,
} from "../../../../src/price/index.ts";
import {
  collectQuotes,
  ownSource,
  type PriceFeed,
  type QuoteSource,
  SourceHealth,
  sourceKeyOf,
} from "../../../../src/price/feeds/index.ts";
import { Secret } from "../../../../src/secret.ts";
import { ETH, NOW, requestOf, signersOf } from "../../../circuits/example.ts";

const signers = signersOf(7);
const never = new AbortController().signal;

/** A clock whose pauses end when the test says so, or with their signal. */
class HandClock {
  #waiting: (() => void)[] = [];
  readonly pauses: number[] = [];
  now = (): number => NOW * 1_000;
  pause = (ms: number, signal?: AbortSignal): Promise<void> => {
    this.pauses.push(ms);
    return new Promise((resolve) => {
      this.#waiting.push(resolve);
      signal?.addEventListener("abort", () => {
        resolve();
      });
    });
  };
  /** Lets every pause of now end. */
  ring(): void {
    for (const wake of this.#waiting.splice(0)) wake();
  }
}

const sourceOf = (at: number, quote: QuoteSource["quote"]): QuoteSource => {
  const signer = signers[at];
  if (signer === undefined) throw new RangeError(`there is no signer ${at}`);
  return { name: `source-${at}`, key: signer.key, quote };
};
const sign = (at: number, price: bigint, timestamp = NOW, asset = ETH): Quote =>
  signQuote(signers[at] as SourceSigner, asset, price, timestamp);
const honest = (at: number, price: bigint): QuoteSource => sourceOf(at, () => Promise.resolve(sign(at, price)));
const request: PriceRequest = requestOf(signers, { quorum: 5 });

describe("collectQuotes", () => {
  it("asks all at the same time, and what hangs or fails costs its own quote alone", async () => {
    const clock = new HandClock();
    const asked: number[] = [];
    let aborted = false;
    const prices = [2_000n, 2_001n, 2_002n, 2_003n, 2_004n];
    const sources = [
      ...prices.map((price, at) => sourceOf(at, () => (asked.push(at), Promise.resolve(sign(at, price))))),
      sourceOf(5, (_, signal) => {
        signal.addEventListener("abort", () => (aborted = true));
        if (asked.push(5) === 7)
          queueMicrotask(() => {
            clock.ring();
          });
        return new Promise(() => undefined); // heeds no signal
      }),
      sourceOf(6, () => {
        if (asked.push(6) === 7)
          setImmediate(() => {
            clock.ring();
          });
        throw new TypeError("the URL was https://user:pass@example.com");
      }),
    ];
    const health = new SourceHealth();
    const { quotes, failed } = await collectQuotes(sources, request, { signal: never, clock, timeoutMs: 700, health });
    expect(asked).to.deep.equal([0, 1, 2, 3, 4, 5, 6]);
    expect(new Set(clock.pauses)).to.deep.equal(new Set([700]));
    expect(aborted, "what is given up is told so").to.equal(true);
    expect(failed.map(({ source, code }) => [source, code])).to.deep.equal([
      ["source-5", "FEED_TIMED_OUT"],
      ["source-6", "FEED_BROKEN"],
    ]);
    expect(JSON.stringify(failed) + String(failed[1]?.error.stack)).not.to.contain("pass");
    expect(aggregate(request, quotes).price).to.equal(2_002n);
    expect(health.report()[0]).to.deep.equal({
      source: "source-0",
      lastSuccessAtMs: NOW * 1_000,
      failuresInARow: 0,
      lastFailure: undefined,
    });
    expect(health.report()[5]).to.deep.include({ failuresInARow: 1, lastFailure: { code: "FEED_TIMED_OUT", atMs: NOW * 1_000 } });
  });

  it("ends with the caller's reason when he gives up", async () => {
    const caller = new AbortController();
    const health = new SourceHealth();
    const hanging = sourceOf(0, () => new Promise(() => undefined));
    const collecting = collectQuotes([hanging, honest(1, 5n)], request, { signal: caller.signal, clock: new HandClock(), health });
    caller.abort(new RangeError("enough"));
    expect(await collecting.catch((error: unknown) => error)).to.have.property("message", "enough");
    expect(health.report().filter(({ failuresInARow }) => failuresInARow > 0)).to.deep.equal([]);
    const early = collectQuotes([honest(1, 5n)], request, { signal: AbortSignal.abort(new RangeError("before")) });
    expect(await early.catch((error: unknown) => error)).to.have.property("message", "before");
  });

  it("leaves the judgement to aggregate: 0x17 for a deviation of the bound, 0x16 below the quorum", async () => {
    const far = [...[0, 1, 2, 3, 4, 5].map((at) => honest(at, 20_000n)), honest(6, 20_100n)];
    const { quotes } = await collectQuotes(far, request, { signal: never });
    expect(() => aggregate(request, quotes))
      .to.throw(DeviationTooLarge)
      .with.property("refusal", 0x17);
    const few = await collectQuotes(far.slice(0, 4), request, { signal: never });
    expect(() => aggregate(request, few.quotes))
      .to.throw(QuorumNotReached)
      .with.property("refusal", 0x16);
  });

  it("lets no single faulty source of 7 move the price out of the honest range", async () => {
    // Signed beforehand: what is looked for are prices, not signatures.
    const drawn = [0n, 1n, 2n, 5n, 10n, 20n, 49n];
    const pool = signers.map((_, at) => drawn.map((more) => sign(at, 20_000n + more)));
    const lie = fc.oneof(fc.bigInt({ min: 1n, max: (1n << 64n) - 1n }), fc.bigInt({ min: 19_850n, max: 20_150n }));
    const fault = fc.oneof(
      fc.record({ kind: fc.constant("lies" as const), price: lie, timestamp: fc.constantFrom(NOW, NOW - 60, NOW - 61, NOW + 1) }),
      fc.record({ kind: fc.constantFrom("forges" as const, "repeats another" as const, "signs another asset" as const), price: lie }),
      fc.record({ kind: fc.constantFrom("fails" as const, "hangs" as const), price: lie }),
    );
    let [priced, refused] = [0, 0];
    await fc.assert(
      fc.asyncProperty(
        fc.nat(6),
        fault,
        fc.array(fc.nat(6), { minLength: 7, maxLength: 7 }),
        fc.option(fc.nat(6)),
        async (bad, how, draws, away) => {
          const clock = new HandClock();
          const good = draws.map((draw, at) => pool[at]?.[draw] as Quote);
          const faulty = sourceOf(bad, () => {
            const { kind, price } = how;
            if (kind === "lies") return Promise.resolve(sign(bad, price, how.timestamp));
            if (kind === "forges") return Promise.resolve({ ...(good[bad] as Quote), price });
            if (kind === "repeats another") return Promise.resolve(good[(bad + 1) % 7] as Quote);
            if (kind === "signs another asset") return Promise.resolve(sign(bad, price, NOW, ETH + 1n));
            if (kind === "fails") return Promise.reject(new Error("no"));
            setImmediate(() => {
              clock.ring();
            });
            return new Promise(() => undefined);
          });
          const sources = good
            .map((quote, at) => (at === bad ? faulty : sourceOf(at, () => Promise.resolve(quote))))
            .filter((_, at) => at === bad || at !== away);
          const prices = good
            .filter((_, at) => at !== bad && at !== away)
            .map(({ price }) => price)
            .sort((a, b) => Number(a - b));
          const { quotes } = await collectQuotes(sources, request, { signal: never, clock });
          try {
            const { price } = aggregate(request, quotes);
            expect(
              price >= (prices[0] as bigint) && price <= (prices.at(-1) as bigint),
              `${price.toString()} of ${prices.join()}`,
            ).to.equal(true);
            priced++;
          } catch (error) {
            if (!(error instanceof DeviationTooLarge)) throw error; // refusing is no false price; anything else would be
            refused++;
          }
        },
      ),
      { numRuns: 60, seed: 7 },
    );
    expect(priced).to.be.greaterThan(20);
    expect(refused).to.be.greaterThan(2);
  });
});

describe("SourceHealth", () => {
  it("counts failures in a row and keeps the newest of each", () => {
    const health = new SourceHealth();
    health.failed("a", "FEED_REFUSED", 1);
    health.failed("a", "FEED_TIMED_OUT", 2);
    expect(health.report()).to.deep.equal([
      { source: "a", lastSuccessAtMs: undefined, failuresInARow: 2, lastFailure: { code: "FEED_TIMED_OUT", atMs: 2 } },
    ]);
    health.succeeded("a", 3);
    expect(health.report()[0]).to.deep.include({ lastSuccessAtMs: 3, failuresInARow: 0, lastFailure: { code: "FEED_TIMED_OUT", atMs: 2 } });
  });

  it("remembers so many sources and no more, and forgets the one that was heard of longest ago", () => {
    const health = new SourceHealth();
    for (let at = 0; at < 256; at++) health.succeeded(`s${at}`, at);
    health.succeeded("s0", 256);
    health.succeeded("new", 257);
    const names = health.report().map(({ source }) => source);
    expect(names).to.have.length(256);
    expect(names).to.include.members(["s0", "new"]).and.not.include("s1");
  });
});

describe("ownSource", () => {
  const hex = "5a".repeat(32);
  const feed: PriceFeed = { name: "mine", fetch: () => Promise.resolve({ price: 2_000n, timestamp: NOW - 3 }) };

  it("signs what its feed says, as of the feed's time", async () => {
    const source = ownSource(feed, sourceKeyOf(new Secret(`0x${hex}`)));
    const quote = await source.quote(ETH, never);
    const { price, refused } = aggregate(requestOf([], { sources: [source.key] }), [quote]);
    expect([price, refused, quote.timestamp]).to.deep.equal([2_000n, [], NOW - 3]);
  });

  it("takes 64 hexadecimal digits as its key and nothing else", () => {
    expect(sourceKeyOf(new Secret(hex)).reveal()).to.deep.equal(new Uint8Array(32).fill(0x5a));
    for (const wrong of ["", "0x", hex.slice(1), `${hex}0`, `${hex.slice(1)}g`]) {
      expect(() => sourceKeyOf(new Secret(wrong)))
        .to.throw(InvalidSourceKey)
        .with.property("message")
        .that.does.not.contain("5a5a");
    }
  });
});
