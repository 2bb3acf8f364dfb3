import { aggregate, type PriceRequest, type Quote, signQuote, sourceSigner, type SourceSigner } from "../../src/price/index.ts";
import { Secret } from "../../src/secret.ts";

/** `count` sources with keys of their own, in registered order. */
export function signersOf(count: number): SourceSigner[] {
  const signers = Array.from({ length: count }, (_, at) => sourceSigner(new Secret(new Uint8Array(32).fill(at + 1))));
  return signers.sort((a, b) => (a.key.x < b.key.x ? -1 : 1));
}

export const NOW = 1_800_000_000;
export const ETH = 0x455448n;

export function requestOf(signers: readonly SourceSigner[], changes: Partial<PriceRequest> = {}): PriceRequest {
  const terms = { assetId: ETH, quorum: 1, maxDeviationBps: 50, timestamp: NOW, maxAge: 60 };
  const bound = { blockNumber: 123_456, blockHash: (7n << 200n) + 9n, context: (1n << 247n) + 5n };
  return { ...terms, ...bound, sources: signers.map(({ key }) => key), ...changes };
}

/** Inputs of an honest aggregation, where signer i says prices[i]; one without a price is disabled. */
export function inputsOf(signers: readonly SourceSigner[], prices: readonly (bigint | undefined)[], changes: Partial<PriceRequest> = {}) {
  const quotes = prices.flatMap((price, at): Quote[] => {
    const signer = signers[at];
    return price === undefined || signer === undefined ? [] : [signQuote(signer, ETH, price, NOW - at)];
  });
  return aggregate(requestOf(signers, changes), quotes).inputs;
}
