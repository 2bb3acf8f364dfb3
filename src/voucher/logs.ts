import { checksumAddress } from "../address.ts";
import { keccak256OfText } from "../keccak/index.ts";
import { skipReasons, type SkipReason } from "./abi.ts";
import { UnexpectedLog } from "./errors.ts";

/** First topic of `Minted(bytes32 indexed orderId, address indexed to, uint256 firstTokenId, uint256 quantity, uint64 txCount)`. */
export const MINTED_TOPIC = topicOf("Minted(bytes32,address,uint256,uint256,uint64)");

/** First topic of `VoucherSkipped(uint64 indexed txCount, uint8 reason)`. */
export const VOUCHER_SKIPPED_TOPIC = topicOf("VoucherSkipped(uint64,uint8)");

/** First topic of `VouchersCancelled(uint256 indexed word, uint256 mask)`. */
export const VOUCHERS_CANCELLED_TOPIC = topicOf("VouchersCancelled(uint256,uint256)");

/** What is needed of a log; those of JSON-RPC and of ethers both fit. */
export interface RawLog {
  readonly topics: readonly string[];
  readonly data: string;
}

/** The contract minted `quantity` tokens, `firstTokenId` and the ones after it, to `to`. */
export interface Minted {
  readonly orderId: string;
  readonly to: string;
  readonly firstTokenId: bigint;
  readonly quantity: bigint;
  readonly txCount: bigint;
}

/** The contract skipped this voucher of its batch. Nothing was minted for it by this transaction. */
export interface VoucherSkipped {
  readonly txCount: bigint;
  readonly reason: SkipReason;
}

/** The numbers `word * 256 + i`, for each bit i of `mask`, were unused until then and can mint no more. */
export interface VouchersCancelled {
  readonly word: bigint;
  readonly mask: bigint;
}

/** @throws UnexpectedLog if it is any other event. The caller has checked that the minter emitted it. */
export function decodeMinted(log: RawLog): Minted {
  const [orderId, to, firstTokenId, quantity, txCount] = wordsOf("Minted", MINTED_TOPIC, log, 2, 3);
  return {
    orderId: "0x" + orderId,
    to: checksumAddress("0x" + to.slice(24)),
    firstTokenId: BigInt("0x" + firstTokenId),
    quantity: BigInt("0x" + quantity),
    txCount: BigInt("0x" + txCount),
  };
}

/** @throws UnexpectedLog if it is any other event, or its reason is none that this version knows. */
export function decodeSkipped(log: RawLog): VoucherSkipped {
  const [txCount, code] = wordsOf("VoucherSkipped", VOUCHER_SKIPPED_TOPIC, log, 1, 1);
  const reason = skipReasons[Number("0x" + code)];
  if (reason === undefined) throw new UnexpectedLog("VoucherSkipped", `unknown reason ${String(BigInt("0x" + code))}`);
  return { txCount: BigInt("0x" + txCount), reason };
}

/** @throws UnexpectedLog if it is any other event. */
export function decodeCancelled(log: RawLog): VouchersCancelled {
  const [word, mask] = wordsOf("VouchersCancelled", VOUCHERS_CANCELLED_TOPIC, log, 1, 1);
  return { word: BigInt("0x" + word), mask: BigInt("0x" + mask) };
}

type Words = [string, string, string, string, string];

/** Indexed words, then words of data, as hexadecimal without `0x`; missing ones are never read as the counts are checked. */
function wordsOf(event: string, topic: string, { topics, data }: RawLog, indexed: number, inData: number): Words {
  if (topics[0]?.toLowerCase() !== topic) throw new UnexpectedLog(event, `its first topic is ${topics[0] ?? "missing"}`);
  if (topics.length !== indexed + 1) throw new UnexpectedLog(event, `${topics.length} topics instead of ${indexed + 1}`);
  const words = [...topics.slice(1).map((each) => each.slice(2)), ...(data.slice(2).match(/.{1,64}/g) ?? [])];
  if (words.length !== indexed + inData || !words.every((word) => /^[0-9a-f]{64}$/i.test(word))) {
    throw new UnexpectedLog(event, "its topics and data are not the event's words");
  }
  return words.map((word) => word.toLowerCase()) as Words;
}

function topicOf(signature: string): string {
  return "0x" + keccak256OfText(signature).toString("hex");
}
