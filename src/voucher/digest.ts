import { keccak256, keccak256OfText } from "../keccak/index.ts";
import { ofSecond } from "../nonce/hybrid-nonce.ts";
import { MAX_BATCH } from "./abi.ts";
import { BatchSizeOutOfRange, InvalidRedemption } from "./errors.ts";
import type { Redemption, VoucherDomain } from "./voucher.ts";
import { WORD, writeAddress, writeBytes32, writeQuantity } from "./words.ts";

const VOUCHER = "Voucher(address to,uint32 quantity,bytes32 hybridNonce,bytes32 orderId,bytes32 uriDigest)";
const DOMAIN_TYPE = keccak256OfText("EIP712Domain(string name,string version,uint256 chainId,address verifyingContract)");
const VOUCHER_TYPE = keccak256OfText(VOUCHER);
const BATCH_TYPE = keccak256OfText(`VoucherBatch(Voucher[] vouchers)${VOUCHER}`);
const NAME = keccak256OfText("mintd");
const VERSION = keccak256OfText("1");

const separators = new Map<string, Buffer>();
const MAX_SEPARATORS = 64; // a process serves a handful of contracts; the bound only guards against a runaway caller

/**
 * The EIP-712 digest that a signer of one voucher signs: keccak256(0x1901 ‖ domain separator ‖ hashStruct(Voucher)).
 * About 6 µs; ethers' TypedDataEncoder, which the tests hold it to, takes 250 (bench/signing.ts).
 * @returns 32 bytes
 * @throws InvalidRedemption, HybridNonceOutOfRange
 */
export function voucherDigest(domain: VoucherDomain, redemption: Redemption): Buffer {
  return typedDigest(domain, hashVoucher(redemption));
}

/**
 * The EIP-712 digest that stands for a whole batch: hashStruct(VoucherBatch) over the vouchers in the given order.
 * @returns 32 bytes
 * @throws InvalidRedemption, HybridNonceOutOfRange, BatchSizeOutOfRange
 */
export function batchDigest(domain: VoucherDomain, redemptions: readonly Redemption[]): Buffer {
  assertBatchSize(redemptions.length);
  const array = keccak256(Buffer.concat(redemptions.map(hashVoucher)));
  return typedDigest(domain, keccak256(Buffer.concat([BATCH_TYPE, array])));
}

/** @throws BatchSizeOutOfRange unless 1 <= size <= MAX_BATCH. */
export function assertBatchSize(size: number): void {
  if (size < 1 || size > MAX_BATCH) throw new BatchSizeOutOfRange(size, MAX_BATCH);
}

function hashVoucher(redemption: Redemption): Buffer {
  const words = Buffer.alloc(6 * WORD);
  VOUCHER_TYPE.copy(words);
  writeAddress(words, WORD, "to", redemption.to);
  writeQuantity(words, 2 * WORD, redemption.quantity);
  ofSecond(redemption.txCount, redemption.alignedSecond).copy(words, 3 * WORD);
  writeBytes32(words, 4 * WORD, "orderId", redemption.orderId);
  writeBytes32(words, 5 * WORD, "uriDigest", redemption.uriDigest);
  return keccak256(words);
}

function typedDigest(domain: VoucherDomain, structHash: Buffer): Buffer {
  const message = Buffer.allocUnsafe(2 + 2 * WORD);
  message[0] = 0x19;
  message[1] = 0x01;
  separatorOf(domain).copy(message, 2);
  structHash.copy(message, 2 + WORD);
  return keccak256(message);
}

function separatorOf(domain: VoucherDomain): Buffer {
  const key = `${String(domain.chainId)}/${domain.verifyingContract}`;
  const known = separators.get(key);
  if (known !== undefined) return known;
  const separator = computeSeparator(domain);
  if (separators.size >= MAX_SEPARATORS) separators.clear();
  separators.set(key, separator);
  return separator;
}

function computeSeparator({ chainId, verifyingContract }: VoucherDomain): Buffer {
  if (!Number.isSafeInteger(chainId) || chainId < 1) throw new InvalidRedemption("chainId", `${chainId} is not in 1..2^53-1`);
  const words = Buffer.alloc(5 * WORD);
  DOMAIN_TYPE.copy(words);
  NAME.copy(words, WORD);
  VERSION.copy(words, 2 * WORD);
  words.writeBigUInt64BE(BigInt(chainId), 4 * WORD - 8);
  writeAddress(words, 4 * WORD, "verifyingContract", verifyingContract);
  return keccak256(words);
}
