import { expect } from "chai";
import { LocalEnclave } from "../../../../src/price/enclave/index.ts";
import { aggregateFor, DeviationTooLarge, type ReportRequest, signQuote } from "../../../../src/price/index.ts";
import { ETH, NOW, signersOf } from "../../../circuits/example.ts";

describe("local enclave", () => {
  const signers = signersOf(3);
  const use = { chainId: 31_337n, contract: `0x${"1".repeat(40)}`, nonce: 0n, circuitId: `0x${"2".repeat(64)}` };
  const request: ReportRequest = {
    ...{ assetId: ETH, quorum: 2, maxDeviationBps: 50, timestamp: NOW, maxAge: 60, use },
    ...{ sources: signers.map(({ key }) => key), block: { number: 7, hash: `0x${"3".repeat(64)}` } },
  };
  const quotes = (...prices: bigint[]) =>
    prices.flatMap((price, at) => {
      const signer = signers[at];
      return signer ? [signQuote(signer, ETH, price, NOW)] : [];
    });

  it("computes what aggregateFor does, and attests nothing, in words", async () => {
    const signed = quotes(100_000n, 100_100n, 100_200n);
    const { aggregation, attestation } = await new LocalEnclave().aggregate(request, signed);
    expect(aggregation).to.deep.equal(aggregateFor(request, signed));
    expect(attestation.kind).to.equal("none");
    expect(attestation.statement).to.include("nothing attests it");
  });

  it("rejects where the quotes give no price", async () => {
    const error: unknown = await new LocalEnclave().aggregate(request, quotes(1n, 2n, 3n)).catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(DeviationTooLarge);
  });
});
