import { keccak256OfText } from "../keccak/index.ts";
import { assertBatchSize } from "./digest.ts";
import { InvalidRedemption, InvalidSignature } from "./errors.ts";
import type { Redemption } from "./voucher.ts";
import { WORD, writeAddress, writeBytes32, writeQuantity, writeSmall, writeUint64 } from "./words.ts";

const REDEMPTION = "(address,uint32,uint64,uint64,bytes32,bytes32)";
const REDEMPTION_BYTES = 6 * WORD;
const selectorOf = (signature: string) => keccak256OfText(signature).subarray(0, 4);
const REDEEM = selectorOf(`redeem(${REDEMPTION},bytes)`);
const REDEEM_MANY = selectorOf(`redeemMany(${REDEMPTION}[],bytes[],bool)`);
const REDEEM_BATCH = selectorOf(`redeemBatch(${REDEMPTION}[],bytes,bool)`);

/**
 * Calldata of `redeem(redemption, signature)`.
 * @param signature `0x`-hexadecimal: 65 bytes of a key, or what an ERC-1271 contract expects
 * @returns `0x`-hexadecimal
 * @throws InvalidRedemption, InvalidSignature
 */
export function encodeRedeem(redemption: Redemption, signature: string): string {
  const head = REDEMPTION_BYTES + WORD;
  const words = Buffer.alloc(head + bytesSize(signature));
  writeRedemption(words, 0, redemption);
  writeSmall(words, REDEMPTION_BYTES, head);
  writeBytes(words, head, signature);
  return finish(REDEEM, words);
}

/**
 * Calldata of `redeemMany(redemptions, signatures, skip)`: a signature for each redemption.
 * @param skip true: the contract skips what is already redeemed or expired; false: it reverts
 * @throws InvalidRedemption, InvalidSignature, BatchSizeOutOfRange
 */
export function encodeRedeemMany(redemptions: readonly Redemption[], signatures: readonly string[], skip: boolean): string {
  assertBatchSize(redemptions.length);
  if (signatures.length !== redemptions.length) {
    throw new InvalidRedemption("signatures", `count ${signatures.length}, redemptions count ${redemptions.length}`);
  }
  const secondArray = 3 * WORD + arraySize(redemptions);
  const offsets = secondArray + WORD; // offsets of the elements are counted from behind the array's length
  const size = signatures.reduce((sum, signature) => sum + WORD + bytesSize(signature), offsets);
  const words = Buffer.alloc(size);
  writeArrayHead(words, redemptions, secondArray, skip);
  writeSmall(words, secondArray, signatures.length);
  let at = offsets + signatures.length * WORD;
  for (const [i, signature] of signatures.entries()) {
    writeSmall(words, offsets + i * WORD, at - offsets);
    at += writeBytes(words, at, signature);
  }
  return finish(REDEEM_MANY, words);
}

/**
 * Calldata of `redeemBatch(redemptions, signature, skip)`: one signature over `batchDigest`.
 * @throws InvalidRedemption, InvalidSignature, BatchSizeOutOfRange
 */
export function encodeRedeemBatch(redemptions: readonly Redemption[], signature: string, skip: boolean): string {
  assertBatchSize(redemptions.length);
  const tail = 3 * WORD + arraySize(redemptions);
  const words = Buffer.alloc(tail + bytesSize(signature));
  writeArrayHead(words, redemptions, tail, skip);
  writeBytes(words, tail, signature);
  return finish(REDEEM_BATCH, words);
}

/** The three head words that both array calls share, and the array of redemptions behind them. */
function writeArrayHead(into: Buffer, redemptions: readonly Redemption[], secondOffset: number, skip: boolean): void {
  writeSmall(into, 0, 3 * WORD);
  writeSmall(into, WORD, secondOffset);
  writeSmall(into, 2 * WORD, skip ? 1 : 0);
  writeSmall(into, 3 * WORD, redemptions.length);
  for (const [i, redemption] of redemptions.entries()) writeRedemption(into, 4 * WORD + i * REDEMPTION_BYTES, redemption);
}

function writeRedemption(into: Buffer, at: number, redemption: Redemption): void {
  writeAddress(into, at, "to", redemption.to);
  writeQuantity(into, at + WORD, redemption.quantity);
  writeUint64(into, at + 2 * WORD, "txCount", redemption.txCount);
  writeUint64(into, at + 3 * WORD, "alignedSecond", secondsOf(redemption));
  writeBytes32(into, at + 4 * WORD, "orderId", redemption.orderId);
  writeBytes32(into, at + 5 * WORD, "uriDigest", redemption.uriDigest);
}

function secondsOf({ alignedSecond }: Redemption): bigint {
  if (!Number.isSafeInteger(alignedSecond)) throw new InvalidRedemption("alignedSecond", `${alignedSecond} is not a whole number`);
  return BigInt(alignedSecond);
}

function arraySize(redemptions: readonly Redemption[]): number {
  return WORD + redemptions.length * REDEMPTION_BYTES;
}

const lengthOf = (hex: string) => (hex.length - 2) / 2;

/** Bytes that `bytes` takes: its length's word and its content, filled up to whole words. */
function bytesSize(hex: string): number {
  return WORD + Math.ceil(lengthOf(hex) / WORD) * WORD;
}

/** @returns the size written */
function writeBytes(into: Buffer, at: number, hex: string): number {
  const length = lengthOf(hex);
  if (!hex.startsWith("0x") || !Number.isInteger(length) || into.write(hex.slice(2), at + WORD, length, "hex") !== length) {
    throw new InvalidSignature("not 0x and whole bytes in hexadecimal");
  }
  writeSmall(into, at, length);
  return bytesSize(hex);
}

function finish(selector: Buffer, words: Buffer): string {
  return `0x${selector.toString("hex")}${words.toString("hex")}`;
}
