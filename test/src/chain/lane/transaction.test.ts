import { expect } from "chai";
import { Transaction } from "ethers";
import fc from "fast-check";
import { resignTransaction, signTransaction, type UnsignedTransaction } from "../../../../src/chain/lane/transaction.ts";
import { Secret } from "../../../../src/secret.ts";
import { nativeSigner } from "../../../../src/voucher/index.ts";

const signer = nativeSigner(new Secret(`0x${"11".repeat(32)}`));
const fee = fc.bigInt({ min: 0n, max: 2n ** 64n });
/** ethers reads no tip above the maximum. */
const fees = fc
  .tuple(fee, fee)
  .map(([a, b]) => (a > b ? { maxFeePerGas: a, maxPriorityFeePerGas: b } : { maxFeePerGas: b, maxPriorityFeePerGas: a }));
const unsigned: fc.Arbitrary<UnsignedTransaction> = fc
  .tuple(
    fees,
    fc.record({
      chainId: fc.integer({ min: 1, max: 2 ** 40 }),
      nonce: fc.nat(2 ** 30),
      to: fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => `0x${Buffer.from(bytes).toString("hex")}`),
      data: fc.uint8Array({ maxLength: 300 }).map((bytes) => `0x${Buffer.from(bytes).toString("hex")}`),
      gasLimit: fc.integer({ min: 21_000, max: 2 ** 24 }),
    }),
  )
  .map(([paid, rest]) => ({ ...rest, ...paid }));

/** The fields as ethers reads them from the bytes, and who signed them. */
function read(raw: string, hash: string): UnsignedTransaction {
  const { chainId, nonce, to, data, gasLimit, maxFeePerGas, maxPriorityFeePerGas, from, hash: its, value } = Transaction.from(raw);
  expect([from, its, value]).to.deep.equal([signer.address, hash, 0n]);
  return {
    ...{ chainId: Number(chainId), nonce, to: (to ?? "").toLowerCase(), data, gasLimit: Number(gasLimit) },
    ...{ maxFeePerGas: maxFeePerGas ?? -1n, maxPriorityFeePerGas: maxPriorityFeePerGas ?? -1n },
  };
}

describe("A lane's transaction", () => {
  it("says to ethers what was signed, and is always the same bytes", async () => {
    const property = fc.asyncProperty(unsigned, async (transaction) => {
      const { raw, hash } = await signTransaction(transaction, signer);
      expect(read(raw, hash)).to.deep.equal(transaction);
      expect((await signTransaction(transaction, signer)).raw).to.equal(raw);
    });
    await fc.assert(property, { numRuns: 50 });
  });

  it("signed again at other fees is the same but for them, down to the bytes of one that had them from the start", async () => {
    const property = fc.asyncProperty(unsigned, fees, async (transaction, other) => {
      const { raw } = await signTransaction(transaction, signer);
      const again = await resignTransaction(raw, other, signer);
      const wanted = { ...transaction, ...other };
      expect(read(again.raw, again.hash)).to.deep.equal(wanted);
      expect(again).to.deep.equal(await signTransaction(wanted, signer));
    });
    await fc.assert(property, { numRuns: 50 });
  });
});
