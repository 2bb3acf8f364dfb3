import { z } from "zod";
import { MintdError } from "../../error.ts";
import { keccak256OfText } from "../../keccak/index.ts";
import { FeedAnswerInvalid, FeedAnswerTooLarge, FeedRefused, FeedUnreachable, InvalidFeed } from "./errors.ts";

/** JSON-RPC as far as feeds on chain need it. The service's Rpc, with its pool of endpoints, is one. */
export interface EthReads {
  request<T>(method: string, params: readonly unknown[]): Promise<T>;
}

/** First four bytes of calldata. */
export const selector = (signature: string): string => `0x${keccak256OfText(signature).subarray(0, 4).toString("hex")}`;

/** Most bytes of an answer that is looked at: no feed's answer has more than a few words. */
const maxBytes = 1_024;

/** A block that several calls are bound to, so that all of them see one state. */
export interface PinnedBlock {
  readonly hash: string;
  /** Unix seconds. */
  readonly timestamp: number;
}

const blockForm = z.object({ hash: z.string().regex(/^0x[0-9a-fA-F]{64}$/), timestamp: z.string().regex(/^0x[0-9a-fA-F]{1,10}$/) });

/** The newest block that the node has. @throws FeedUnreachable, FeedRefused, FeedAnswerInvalid */
export async function newestBlock(feed: string, rpc: EthReads): Promise<PinnedBlock> {
  const answer = await request(feed, rpc, "eth_getBlockByNumber", ["latest", false], "give its newest block");
  const block = blockForm.safeParse(answer);
  if (!block.success) throw new FeedAnswerInvalid(feed, "the node's newest block has no hash or time");
  return { hash: block.data.hash, timestamp: Number(block.data.timestamp) };
}

/**
 * Calls a contract and gives the words of its answer.
 * @param count how many there must be, all of 32 bytes
 * @param at the block after which it is called; the newest one, whichever that is, where none is given
 * @throws FeedUnreachable, FeedRefused also where the node no longer has the block, FeedAnswerTooLarge, FeedAnswerInvalid
 */
export async function callWords(
  feed: string,
  rpc: EthReads,
  call: { to: string; data: string },
  count: number,
  at?: PinnedBlock,
): Promise<bigint[]> {
  const place = at === undefined ? "latest" : { blockHash: at.hash };
  const answer = await request(feed, rpc, "eth_call", [call, place], `call ${call.to}, or the contract reverted`);
  if (typeof answer !== "string") throw new FeedAnswerInvalid(feed, "no hexadecimal text");
  if (answer === "0x") throw new FeedAnswerInvalid(feed, `there is no such contract at ${call.to}`);
  if (answer.length > 2 + 2 * maxBytes) throw new FeedAnswerTooLarge(feed, maxBytes);
  if (!/^0x[0-9a-f]*$/i.test(answer) || answer.length !== 2 + 64 * count)
    throw new FeedAnswerInvalid(feed, `not ${count} words of 32 bytes`);
  return Array.from({ length: count }, (_, at) => BigInt(`0x${answer.slice(2 + 64 * at, 66 + 64 * at)}`));
}

/** Of what went wrong the code alone: a node's own message, or a provider's, may repeat the URL with its key. */
async function request(feed: string, rpc: EthReads, method: string, params: readonly unknown[], what: string): Promise<unknown> {
  try {
    return await rpc.request<unknown>(method, params);
  } catch (error) {
    const code = error instanceof MintdError ? error.code : undefined;
    if (code === "RPC_REFUSED") throw new FeedRefused(feed, `the node would not ${what}`);
    if (code !== undefined) throw new FeedUnreachable(feed, `${method}: ${code}`);
    throw error;
  }
}

/**
 * A word as a signed number of so many bits.
 * @throws FeedAnswerInvalid it has more
 */
export function signed(feed: string, word: bigint | undefined, bits: number): bigint {
  const value = BigInt.asIntN(256, word ?? 0n);
  if (BigInt.asIntN(bits, value) !== value) throw new FeedAnswerInvalid(feed, `a number of more than ${bits} bits`);
  return value;
}

/**
 * A word as a number of so many bits, not negative.
 * @throws FeedAnswerInvalid it has more
 */
export function unsigned(feed: string, word: bigint | undefined, bits: number): bigint {
  const value = word ?? 0n;
  if (value >> BigInt(bits) !== 0n) throw new FeedAnswerInvalid(feed, `a number of more than ${bits} bits`);
  return value;
}

/** @throws InvalidFeed it is not 0x and `bytes` bytes */
export function hexOf(feed: string, text: string, bytes: number, what: string): string {
  if (!new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`).test(text)) throw new InvalidFeed(feed, `its ${what} is not 0x and ${bytes} bytes`);
  return text;
}
