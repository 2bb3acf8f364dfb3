import { z } from "zod";
import { addressProblem, checksumAddress } from "../address.ts";
import { keccak256, keccak256OfText } from "../keccak/index.ts";
import { MAX_UINT64 } from "../nonce/hybrid-nonce.ts";
import { InvalidVoucher } from "./errors.ts";

/** What the contract is told to mint: its calldata struct. The signed `hybridNonce` is recomputed from two of its fields. */
export interface Redemption {
  /** Receiver, `0x` and 40 hexadecimal digits, checksummed where mintd makes it. Not the zero address. */
  readonly to: string;
  /** Tokens to mint, 1..2^32-1. */
  readonly quantity: number;
  /** The voucher's dense number, 0..2^64-1: its place in the on-chain bitmap. */
  readonly txCount: bigint;
  /** Whole seconds since the epoch from which the voucher counts, 0..2^53-1. */
  readonly alignedSecond: number;
  /** `orderIdOf` the order, bytes32 as `0x` and 64 hexadecimal digits. */
  readonly orderId: string;
  /** `uriDigestOf` the token's URI, bytes32. */
  readonly uriDigest: string;
}

/** Which contract on which chain a voucher is for. The EIP-712 name "mintd" and version "1" are fixed. */
export interface VoucherDomain {
  /** EIP-155 chain id, 1..2^53-1. */
  readonly chainId: number;
  /** The minter contract's address. */
  readonly verifyingContract: string;
}

/** A redemption with the signature of its `voucherDigest`. */
export interface SignedVoucher {
  readonly domain: VoucherDomain;
  readonly redemption: Redemption;
  /** 65 bytes r‖s‖v as `0x` and 130 hexadecimal digits. */
  readonly signature: string;
}

/** A signed voucher as JSON carries it: `txCount` is a decimal string, all else as in SignedVoucher. */
export type SignedVoucherJson = Omit<SignedVoucher, "redemption"> & {
  readonly redemption: Omit<Redemption, "txCount"> & { readonly txCount: string };
};

const ORDER_TYPE = keccak256OfText("mintd.order.v1");
const ZERO_BYTES32 = "0x" + "0".repeat(64);

/**
 * The identity of an order: the same tenant and idempotency key always give the same id, and no two pairs share one,
 * since each part is hashed by itself before they are joined.
 *
 * keccak256(abi.encode(keccak256("mintd.order.v1"), keccak256(bytes(tenant)), keccak256(bytes(idempotencyKey)))),
 * with both strings in UTF-8.
 * @returns bytes32 in lower-case hexadecimal with `0x`
 */
export function orderIdOf(tenant: string, idempotencyKey: string): string {
  const encoded = Buffer.concat([ORDER_TYPE, keccak256OfText(tenant), keccak256OfText(idempotencyKey)]);
  return "0x" + keccak256(encoded).toString("hex");
}

/**
 * What a voucher says of its token's URI: keccak256 of the URI's UTF-8 bytes, and zero where there is none, so that
 * "no URI" cannot be mistaken for a URI.
 * @returns bytes32 in lower-case hexadecimal with `0x`
 */
export function uriDigestOf(uri: string): string {
  return uri === "" ? ZERO_BYTES32 : "0x" + keccak256OfText(uri).toString("hex");
}

const bytesOf = (length: number) =>
  z.string().regex(new RegExp(`^0x[0-9a-fA-F]{${String(2 * length)}}$`), `must be 0x and ${String(2 * length)} hexadecimal digits`);

const address = z
  .string()
  .refine((text) => addressProblem(text) === undefined, "must be an address other than zero, with its EIP-55 checksum")
  .transform((text) => checksumAddress(text));

const uint64 = z
  .string()
  .regex(/^(0|[1-9][0-9]{0,19})$/, "must be a whole number as a decimal string")
  .transform((text) => BigInt(text))
  .refine((value) => value <= MAX_UINT64, "must be below 2^64");

const signedVoucher = z.strictObject({
  domain: z.strictObject({ chainId: z.int().positive(), verifyingContract: address }),
  redemption: z.strictObject({
    to: address,
    quantity: z
      .int()
      .min(1)
      .max(2 ** 32 - 1),
    txCount: uint64,
    alignedSecond: z.int().min(0),
    orderId: bytesOf(32),
    uriDigest: bytesOf(32),
  }),
  signature: bytesOf(65),
});

/** The JSON form of a voucher; `parseSignedVoucher` reads it back. */
export function signedVoucherToJson(voucher: SignedVoucher): SignedVoucherJson {
  const { domain, redemption, signature } = voucher;
  return { domain, redemption: { ...redemption, txCount: redemption.txCount.toString() }, signature };
}

/**
 * Reads the JSON form of a voucher. Checks its form only; `recoverVoucher` says who signed it.
 * @param json the parsed JSON, not its text
 * @throws InvalidVoucher naming every wrong field
 */
export function parseSignedVoucher(json: unknown): SignedVoucher {
  const parsed = signedVoucher.safeParse(json);
  if (parsed.success) return parsed.data;
  throw new InvalidVoucher(parsed.error.issues.map((issue) => `${issue.path.join(".") || "voucher"}: ${issue.message}`));
}
