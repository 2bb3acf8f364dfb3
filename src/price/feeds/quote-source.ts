import { Secret } from "../../secret.ts";
import { type SourceKey, sourceSigner } from "../eddsa.ts";
import { InvalidSourceKey } from "../errors.ts";
import { type Quote, signQuote } from "../quote.ts";
import type { PriceFeed } from "./price-feed.ts";

/** Somebody who signs prices: one slot of the circuit. */
export interface QuoteSource {
  /** For people and for reports; no URL, no key. */
  readonly name: string;
  /** The public key that its quotes are signed with. */
  readonly key: SourceKey;
  /** @throws FeedError; the signal's reason, once it aborts */
  quote(asset: bigint, signal: AbortSignal): Promise<Quote>;
}

/**
 * One's own source: what a feed says, signed as of the time that the feed says.
 *
 * Keys of several sources in one hand are one source to whoever breaks in: a quorum means something only where each source is
 * run by somebody else, out of feeds of its own.
 * @throws InvalidSourceKey
 */
export function ownSource(feed: PriceFeed, privateKey: Secret<Uint8Array>): QuoteSource {
  const signer = sourceSigner(privateKey);
  return {
    name: feed.name,
    key: signer.key,
    async quote(asset, signal) {
      const { price, timestamp } = await feed.fetch(asset, signal);
      return signQuote(signer, asset, price, timestamp);
    },
  };
}

/**
 * A private key as people keep it, 64 hexadecimal digits with or without 0x.
 * @throws InvalidSourceKey
 */
export function sourceKeyOf(text: Secret): Secret<Uint8Array> {
  const [, digits] = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(text.reveal().trim()) ?? [];
  if (digits === undefined) throw new InvalidSourceKey();
  return new Secret(new Uint8Array(Buffer.from(digits, "hex")));
}
