import { expect } from "chai";
import { aggregate, signQuote } from "../../../../src/price/index.ts";
import { ProofCache, type ProveOptions, type Proven, type Prover } from "../../../../src/price/prove/index.ts";
import { ETH, NOW, requestOf, signersOf } from "../../../circuits/example.ts";

const signers = signersOf(3);

/** What the sources agree on at a block; a later `price` is other quotes for the same. */
const at = (blockNumber: number, price = 100n, changes = {}) =>
  aggregate(
    requestOf(signers, { blockNumber, ...changes }),
    signers.map((signer) => signQuote(signer, ETH, price, NOW)),
  );

/** Counts proofs and makes each when told to; what is proven does not matter here. */
class Counting implements Prover {
  readonly backend = "counting";
  asked: { readonly settle: (error?: Error) => void; readonly signal: AbortSignal | undefined }[] = [];

  prove(_inputs: unknown, { signal }: ProveOptions = {}): Promise<Proven> {
    const { promise, resolve, reject } = Promise.withResolvers<Proven>();
    const number = BigInt(this.asked.length);
    const settle = (error?: Error): void => {
      if (error) reject(error);
      else resolve({ backend: this.backend, publicInputs: [number] } as unknown as Proven);
    };
    signal?.addEventListener("abort", () => {
      settle(new Error("stopped"));
    });
    this.asked.push({ settle, signal });
    return promise;
  }
  close(): Promise<void> {
    return Promise.resolve();
  }
}

describe("proof cache", () => {
  let prover: Counting;
  let cache: ProofCache;
  beforeEach(() => {
    prover = new Counting();
    cache = new ProofCache(prover, { limit: 2 });
  });

  it("proves an asset at a block once, whatever its quotes say since", async () => {
    const both = [cache.prove(at(7)), cache.prove(at(7, 101n))];
    prover.asked[0]?.settle();
    const [first, second] = await Promise.all(both);
    expect(first).to.equal(second);
    expect(await cache.prove(at(7, 99n))).to.equal(first);
    expect(prover.asked).to.have.lengthOf(1);
  });

  it("takes no proof for one of another block, block hash, context or quorum", () => {
    const others = [at(7), at(8), at(7, 100n, { blockHash: 5n }), at(7, 100n, { context: 5n }), at(7, 100n, { quorum: 2 })];
    for (const each of others) void cache.prove(each);
    expect(prover.asked).to.have.lengthOf(5);
  });

  it("keeps no more than its limit, and drops the oldest", async () => {
    for (const block of [1, 2, 3]) {
      const made = cache.prove(at(block));
      prover.asked.at(-1)?.settle();
      await made;
    }
    expect(cache.size).to.equal(2);
    await cache.prove(at(3));
    expect(prover.asked).to.have.lengthOf(3);
    void cache.prove(at(1));
    expect(prover.asked).to.have.lengthOf(4);
  });

  it("keeps no failure", async () => {
    const made = cache.prove(at(7)).catch((error: unknown) => (error as Error).message);
    prover.asked[0]?.settle(new Error("no luck"));
    expect(await made).to.equal("no luck");
    const again = cache.prove(at(7));
    prover.asked[1]?.settle();
    expect((await again).publicInputs).to.deep.equal([1n]);
  });

  it("stops a proof when everybody who waits for it gave up, not before", async () => {
    const [one, two] = [new AbortController(), new AbortController()];
    const first = cache.prove(at(7), { signal: one.signal }).catch((error: unknown) => (error as Error).message);
    const second = cache.prove(at(7), { signal: two.signal }).catch((error: unknown) => (error as Error).message);
    one.abort(new Error("one"));
    expect(await first).to.equal("one");
    expect(prover.asked[0]?.signal?.aborted).to.equal(false);
    two.abort(new Error("two"));
    expect(await second).to.equal("two");
    expect(prover.asked[0]?.signal?.aborted).to.equal(true);
    void cache.prove(at(7));
    expect(prover.asked).to.have.lengthOf(2);
  });
});
