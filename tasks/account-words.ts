import type { AccountNews } from "../src/cast/index.ts";
import { describeError } from "./print.ts";

/** Tells an account's news in words. The same doubt a hundred times is told once. */
export function newsTeller(tell: (words: string) => void): (news: AccountNews) => void {
  let last: string | undefined;
  return (news) => {
    const words = wordsOf(news);
    if (words === undefined || words === last) return;
    last = words;
    tell(words);
  };
}

function wordsOf(news: AccountNews): string | undefined {
  switch (news.kind) {
    case "sending":
      return `${named(news)} is recorded and handed over now`;
    case "earlier":
      return `${named(news)} of an earlier run is on record, and nobody was told of its end: waiting for it`;
    case "ended": {
      const { block, error } = news;
      if (error !== undefined) return `${named(news)}: ${describeError(error)}`;
      return `${named(news)} is in block ${block ?? "-"}`;
    }
    case "taken over":
      return `${named(news)} of the earlier run is what was asked for: nothing is sent. Run the command again to have it done once more`;
    case "too dear":
      return `what is on its way waits: ${news.error.message}\n  what to do: wait, or stop this, raise fees.maxFeePerGasGwei and run it again`;
    case "notice":
      return wordsOfNotice(news.notice);
  }
}

function wordsOfNotice(notice: Extract<AccountNews, { kind: "notice" }>["notice"]): string | undefined {
  switch (notice.kind) {
    case "replaced":
      return `nonce ${notice.nonce} pays more now, as ${notice.hash}; the chain takes one of its transactions`;
    case "cancelled":
      return `a no-op is to use nonce ${notice.nonce} up: ${notice.hash}`;
    case "without funds":
      return `the account cannot pay for nonce ${notice.nonce}, ${notice.hash}: it is sent again until it can; send it ETH`;
    case "refused":
      return `the node refuses nonce ${notice.nonce}, ${notice.hash}: ${notice.reason}; whether it is never mined is known when the nonce is final`;
    case "displaced":
      return `nonce ${notice.nonce} has another transaction than this account's record, and that is final`;
    case "foreign":
      return `somebody else sends from this account: nonces ${notice.from} to ${notice.to - 1} are not of its record`;
    case "gap":
      return `the chain waits for nonce ${notice.nonce}, which nothing stands for: a no-op fills it`;
    case "reorg":
      return `the chain took back ${notice.blocks} block(s); what was in them is sent again`;
    case "trouble":
    case "stopped":
      return describeError(notice.error);
    case "doubt":
    case "sent again":
    case "settled":
      return undefined; // the same bytes again, or what was told before
  }
}

const named = ({ what, nonce, hash }: { readonly what: string; readonly nonce: number; readonly hash: string }): string =>
  `${what}: nonce ${nonce}, ${hash}`;
