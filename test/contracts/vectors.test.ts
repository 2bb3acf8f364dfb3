import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { type BaseContract, ContractFactory } from "ethers";
import { network } from "hardhat";

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

const read = async (path: string): Promise<unknown> => JSON.parse(await readFile(new URL(path, import.meta.url), "utf8")) as unknown;

/** The same files that test/src/voucher and test/src/nonce hold the service to: one set of vectors for both sides. */
describe("the contracts' hashes", () => {
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
});
