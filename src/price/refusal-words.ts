/** What each byte of a refusal is called and means: those of src/price, and from 0x20 those that ProvenPrices alone gives. */
const words: Readonly<Record<number, readonly [name: string, meaning: string]>> = {
  0x10: ["SOURCE_UNKNOWN", "the key is not of the set"],
  0x11: ["SOURCE_TWICE", "the source signed a newer quote, or two prices for one second"],
  0x12: ["SIGNATURE_INVALID", "not signed by this source for this asset, price and time"],
  0x13: ["PRICE_OUT_OF_RANGE", "the price is 0, or 2^64 and more"],
  0x14: ["QUOTE_TOO_OLD", "quotes may be older than the asset's terms allow"],
  0x15: ["QUOTE_FROM_THE_FUTURE", "a quote is after the window"],
  0x16: ["QUORUM_NOT_REACHED", "fewer sources agreed than the asset's terms demand"],
  0x17: ["DEVIATION_TOO_LARGE", "the sources may be further apart than the asset's terms allow"],
  0x20: ["REPORT_MALFORMED", "the report has more than 246 bits"],
  0x21: ["TERMS_NOT_SET", "governance has set no terms for the asset"],
  0x22: ["BLOCK_NOT_KNOWN", "its block is not one of the last 300, or the chain has no hash of it"],
  0x23: ["NOT_NEWER", "signed not after the second from which the stored price's quotes are"],
  0x24: ["TIMESTAMP_IN_FUTURE", "its timestamp is after the block's"],
  0x25: ["REPORT_TOO_OLD", "its timestamp is older than the asset's terms allow"],
  0x26: ["SOURCES_NOT_SET", "the asset has no sources for this circuit, or others than the report says"],
  0x27: ["PROOF_INVALID", "the proof is not one of this report, on this chain and contract, for this recipient"],
  0x28: ["OTHER_ASSET", "the report is of another asset"],
};

/** A refusal's byte as docs/circuits.md names it, with what it means. */
export function refusalWords(code: number): { readonly name: string; readonly meaning: string } {
  const [name, meaning] = words[code] ?? ["UNKNOWN", "a code that this version does not know"];
  return { name, meaning };
}

/** Every code that has words. */
export const refusalCodes: readonly number[] = Object.keys(words).map(Number);
