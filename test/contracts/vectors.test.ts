import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { type BaseContract, ContractFactory, hexlify } from "ethers";
import fc from "fast-check";
import { network } from "hardhat";
import { MAX_UINT64, ofSecond } from "../../src/nonce/index.ts";
import { batchDigest, voucherDigest } from "../../src/voucher/index.ts";
import { domains, redemptions } from "../src/voucher/arbitraries.ts";

interface VoucherVector {
  readonly domain: { readonly chainId: number; readonly verifyingContract: string };
  readonly redemption: object;
  readonly digest: string;
}
interface BatchVector {
  readonly domain: VoucherVector["domain"];
  readonly redemptions: readonly object[];
  readonly digest: string;
}

/** Random inputs, the ends of their types more often than chance has it; HASH_SEED repeats a run. */
const seed = Number(process.env["HASH_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const many = 10_000;
const atOnce = 500;

/** The array in pieces of `atOnce`. */
const pieces = <T>(all: readonly T[]): T[][] =>
  Array.from({ length: Math.ceil(all.length / atOnce) }, (_, i) => all.slice(i * atOnce, (i + 1) * atOnce));

const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(new URL(path, import.meta.url), "utf8")) as unknown;

/** The same files that test/src/voucher and test/src/nonce hold the service to: one set of vectors for both sides. */
describe(`the contracts' hashes (HASH_SEED=${seed})`, function () {
  this.timeout(120_000);
  let hashes: BaseContract;

  before(async () => {
    const { ethers } = await network.create();
    const artifact = (await read("../../cache/test-artifacts/test/contracts/mocks/Hashes.sol/Hashes.json")) as {
      abi: [];
      bytecode: string;
    };
    const [deployer] = await ethers.getSigners();
    hashes = await new ContractFactory(artifact.abi, artifact.bytecode, deployer).deploy();
    await hashes.waitForDeployment();
  });

  it("agree with every hybrid nonce of the vectors", async () => {
    const { vectors } = (await read("../vectors/hybrid-nonces.json")) as {
      vectors: { txCount: string; alignedSecond: string; hybridNonce: string }[];
    };
    expect(vectors).to.have.lengthOf.at.least(1_000);
    for (let start = 0; start < vectors.length; start += 256) {
      const piece = vectors.slice(start, start + 256);
      const nonces = (await hashes.getFunction("hybridNonces")(
        piece.map(({ txCount }) => txCount),
        piece.map(({ alignedSecond }) => alignedSecond),
      )) as readonly string[];
      expect([...nonces]).to.deep.equal(piece.map(({ hybridNonce }) => hybridNonce));
    }
  });

  it("agree with every voucher and batch digest of the vectors", async () => {
    const { vouchers, batches } = (await read("../vectors/vouchers.json")) as { vouchers: VoucherVector[]; batches: BatchVector[] };
    expect([vouchers.length >= 50, batches.length >= 3]).to.deep.equal([true, true]);
    for (const { domain, redemption, digest } of vouchers) {
      expect(await hashes.getFunction("voucherDigest")(domain.chainId, domain.verifyingContract, redemption)).to.equal(digest);
    }
    for (const { domain, redemptions, digest } of batches) {
      expect(await hashes.getFunction("batchDigest")(domain.chainId, domain.verifyingContract, redemptions)).to.equal(digest);
    }
  });

  it(`are TypeScript's for ${many} random hybrid nonces`, async () => {
    const uint64 = fc.bigInt({ min: 0n, max: MAX_UINT64 });
    const pairs = fc.sample(fc.tuple(uint64, uint64), { numRuns: many, seed });
    expect(new Set(pairs.map(String)).size).to.be.above(0.9 * many);
    for (const piece of pieces(pairs)) {
      const ours = piece.map(([txCount, second]) => hexlify(ofSecond(txCount, second)));
      const theirs = (await hashes.getFunction("hybridNonces")(
        piece.map(([txCount]) => txCount),
        piece.map(([, second]) => second),
      )) as readonly string[];
      expect([...theirs]).to.deep.equal(ours);
    }
  });

  it(`are TypeScript's for ${many} random vouchers, each in a random domain`, async () => {
    const vouchers = fc.sample(fc.tuple(domains, redemptions), { numRuns: many, seed });
    for (const piece of pieces(vouchers)) {
      const ours = piece.map(([domain, redemption]) => hexlify(voucherDigest(domain, redemption)));
      const theirs = (await hashes.getFunction("voucherDigests")(
        piece.map(([{ chainId }]) => chainId),
        piece.map(([{ verifyingContract }]) => verifyingContract),
        piece.map(([, redemption]) => redemption),
      )) as readonly string[];
      expect([...theirs]).to.deep.equal(ours);
    }
  });

  it("are TypeScript's for random batches of every size up to 100", async () => {
    const sampled = fc.sample(fc.tuple(domains, redemptions), { numRuns: 5_050, seed });
    for (let size = 1, start = 0; size <= 100; start += size, size++) {
      const [domain] = sampled[start] ?? [];
      if (!domain) throw new Error("there are as many as the batches need");
      const batch = sampled.slice(start, start + size).map(([, redemption]) => redemption);
      const theirs: unknown = await hashes.getFunction("batchDigest")(domain.chainId, domain.verifyingContract, batch);
      expect(theirs, `batch of ${size}`).to.equal(hexlify(batchDigest(domain, batch)));
    }
  });
});
