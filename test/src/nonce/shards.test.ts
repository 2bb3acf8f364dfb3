import { expect } from "chai";
import fc from "fast-check";
import murmurhash from "murmurhash";
import { InvalidShardCount, MAX_SHARDS, shardOf } from "../../../src/nonce/index.ts";

/** Published vectors of MurmurHash3 x86 32: text, seed, hash (SMHasher's, as Wikipedia and its ports list them). */
const vectors = [
  ["", 0, 0x00000000],
  ["", 1, 0x514e28b7],
  ["test", 0, 0xba6bd213],
  ["test", 0x9747b28c, 0x704b81dc],
  ["Hello, world!", 0, 0xc0363e43],
  ["Hello, world!", 0x9747b28c, 0x24884cba],
  ["The quick brown fox jumps over the lazy dog", 0, 0x2e4ff723],
  ["The quick brown fox jumps over the lazy dog", 0x9747b28c, 0x2fa826cd],
  ["a", 0x9747b28c, 0x7fa09ea6],
  ["aa", 0x9747b28c, 0x5d211726],
  ["aaa", 0x9747b28c, 0x283e0130],
  ["aaaa", 0x9747b28c, 0x5a97808a],
  ["abc", 0, 0xb3dd93fa],
  ["ππππππππ", 0x9747b28c, 0xd58063c1],
] as const;

const powers = Array.from({ length: 17 }, (_, i) => 2 ** i);

describe("The shard of a user", () => {
  it("is by MurmurHash3 x86 32, as published", () => {
    for (const [text, seed, hash] of vectors) expect(murmurhash.v3(text, seed), `${text} ${seed}`).to.equal(hash);
    for (const [text, seed, hash] of vectors) {
      if (seed !== 0) continue;
      for (const shards of powers) expect(shardOf(text, shards), `${text} of ${shards}`).to.equal(hash % shards);
    }
  });

  it("is in range, the same each time, and one of two halves when the shards double", () => {
    fc.assert(
      fc.property(fc.string({ unit: "grapheme" }), fc.constantFrom(...powers.slice(0, -1)), (user, shards) => {
        const shard = shardOf(user, shards);
        expect(shard).to.be.within(0, shards - 1);
        expect(shardOf(user, shards)).to.equal(shard);
        expect(shardOf(user, 2 * shards)).to.be.oneOf([shard, shard + shards]);
      }),
    );
  });

  it("spreads users evenly", () => {
    const counts = Array<number>(16).fill(0);
    for (let i = 0; i < 16_000; i++) counts[shardOf(`default/0x${i.toString(16).padStart(40, "0")}`, 16)] = (counts[shardOf(`default/0x${i.toString(16).padStart(40, "0")}`, 16)] ?? 0) + 1; // prettier-ignore
    // 1,000 each on average; seven standard deviations of a fair hash are 214.
    for (const count of counts) expect(count).to.be.within(786, 1_214);
  });

  it("is refused for a number of shards that is no power of two from 1 to 65,536", () => {
    expect(MAX_SHARDS).to.equal(65_536);
    for (const shards of [0, -1, 3, 6, 65_535, 131_072, 2 ** 32, 1.5, Number.NaN, Infinity]) {
      expect(() => shardOf("a", shards), String(shards))
        .to.throw(InvalidShardCount)
        .with.property("code", "INVALID_SHARD_COUNT");
    }
  });
});
