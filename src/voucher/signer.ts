import { createRequire } from "node:module";
import { SigningKey } from "ethers/crypto"; // not all of ethers: signing threads load this file, too
import { checksumAddress } from "../address.ts";
import { keccak256 } from "../keccak/index.ts";
import type { Secret } from "../secret.ts";
import { voucherDigest } from "./digest.ts";
import { InvalidDigest, InvalidPrivateKey, InvalidSignature, NativeSigningUnavailable } from "./errors.ts";
import type { Redemption, SignedVoucher, VoucherDomain } from "./voucher.ts";

/** Signs digests with one key, wherever that key lives. The one port of this folder. */
export interface DigestSigner {
  /** The key's checksummed address. */
  readonly address: string;
  /**
   * Signs 32 bytes as they are (no EIP-191 prefix): a `voucherDigest`, a `batchDigest`, or a transaction's hash.
   * @returns 65 bytes r‖s‖v, low-s (EIP-2), v 27 or 28
   */
  sign(digest: Uint8Array): Promise<Uint8Array> | Uint8Array;
}

/** What does the arithmetic: the C library, or ethers' JavaScript where the library cannot be loaded. */
export type SigningBackend = "libsecp256k1" | "ethers";

/** A signer whose key is in this process's memory. Signing is deterministic (RFC 6979): same key, same digest, same bytes. */
export interface LocalSigner extends DigestSigner {
  readonly backend: SigningBackend;
  sign(digest: Uint8Array): Uint8Array;
}

type Library = typeof import("secp256k1");

/** Loaded once. `secp256k1/bindings` throws where `secp256k1` would quietly become slow JavaScript. */
const library: { native: Library } | { native: undefined; cause: unknown } = load();

function load(): typeof library {
  try {
    return { native: createRequire(import.meta.url)("secp256k1/bindings") as Library };
  } catch (cause) {
    return { native: undefined, cause };
  }
}

/** Half the order of secp256k1, rounded down; an `s` above it is the malleable twin that contracts refuse (EIP-2). */
const HALF_ORDER = Buffer.from("7fffffffffffffffffffffffffffffff5d576e7357a4501ddfe92f46681b20a0", "hex");

/**
 * A signer on native libsecp256k1 (about 45 µs a signature), or on ethers (400 µs) where the native addon cannot load;
 * `backend` says which, so that nobody takes one for the other.
 * @param privateKey 32 bytes, or 64 hexadecimal digits with or without `0x`
 * @param options `backend` insists on one of the two
 * @throws InvalidPrivateKey, NativeSigningUnavailable (only where libsecp256k1 is insisted on)
 */
export function nativeSigner(privateKey: Secret | Secret<Uint8Array>, options: { backend?: SigningBackend } = {}): LocalSigner {
  const key = keyBytes(privateKey);
  if (options.backend !== "ethers") {
    if (library.native !== undefined) return librarySigner(library.native, key);
    if (options.backend === "libsecp256k1") throw new NativeSigningUnavailable(library.cause);
  }
  return ethersSigner(key);
}

/**
 * A private key's 32 bytes in memory of their own. Buffer's pool holds whatever else is short, and a thread that is given a
 * part of it is given all of it.
 * @throws InvalidPrivateKey
 */
export function keyBytes(privateKey: Secret | Secret<Uint8Array>): Uint8Array<ArrayBuffer> {
  const value = privateKey.reveal();
  if (typeof value !== "string") {
    if (value.length !== 32) throw new InvalidPrivateKey();
    return Uint8Array.from(value);
  }
  const digits = /^(?:0x)?([0-9a-fA-F]{64})$/.exec(value)?.[1];
  if (digits === undefined) throw new InvalidPrivateKey();
  const key = new Uint8Array(32);
  Buffer.from(key.buffer).write(digits, "hex"); // not Buffer.from(digits, "hex"), which leaves a copy in the pool
  return key;
}

function librarySigner(native: Library, key: Uint8Array): LocalSigner {
  if (!native.privateKeyVerify(key)) throw new InvalidPrivateKey();
  const address = addressOfPublicKey(native.publicKeyCreate(key, false));
  return {
    address,
    backend: "libsecp256k1",
    sign(digest) {
      assertDigest(digest);
      const signature = new Uint8Array(65);
      const { recid } = native.ecdsaSign(digest, key, {}, signature.subarray(0, 64));
      signature[64] = 27 + recid;
      return signature;
    },
  };
}

function ethersSigner(key: Uint8Array): LocalSigner {
  const signing = signingKeyOf(key);
  return {
    address: addressOfPublicKey(Buffer.from(signing.publicKey.slice(2), "hex")),
    backend: "ethers",
    sign(digest) {
      assertDigest(digest);
      return Buffer.from(signing.sign(digest).serialized.slice(2), "hex");
    },
  };
}

function signingKeyOf(key: Uint8Array): SigningKey {
  try {
    SigningKey.computePublicKey(key); // the constructor does not check the key's range
    return new SigningKey(key);
  } catch {
    throw new InvalidPrivateKey(); // without its cause, which may quote the key
  }
}

/**
 * The checksummed address whose key made this signature of this digest.
 * @param signature 65 bytes r‖s‖v
 * @throws InvalidDigest, InvalidSignature (wrong length, high-s, v other than 27 and 28, or a point that does not exist)
 */
export function recover(digest: Uint8Array, signature: Uint8Array): string {
  assertDigest(digest);
  const recoveryId = checkedRecoveryId(signature);
  const publicKey = library.native ? recoverNative(library.native, digest, signature, recoveryId) : recoverEthers(digest, signature);
  return addressOfPublicKey(publicKey);
}

function checkedRecoveryId(signature: Uint8Array): number {
  if (signature.length !== 65) throw new InvalidSignature(`65 bytes expected, ${signature.length} given`);
  if (Buffer.compare(signature.subarray(32, 64), HALF_ORDER) > 0) throw new InvalidSignature("s is in the upper half of the order");
  const v = signature[64];
  if (v !== 27 && v !== 28) throw new InvalidSignature(`v is ${String(v)}, not 27 or 28`);
  return v - 27;
}

function recoverNative(native: Library, digest: Uint8Array, signature: Uint8Array, recoveryId: number): Uint8Array {
  try {
    return native.ecdsaRecover(signature.subarray(0, 64), recoveryId, digest, false);
  } catch {
    throw new InvalidSignature("no key could have made it"); // the library's own message says no more
  }
}

function recoverEthers(digest: Uint8Array, signature: Uint8Array): Uint8Array {
  try {
    const publicKey = SigningKey.recoverPublicKey(digest, "0x" + Buffer.from(signature).toString("hex"));
    return Buffer.from(publicKey.slice(2), "hex");
  } catch {
    throw new InvalidSignature("no key could have made it");
  }
}

/** The last 20 bytes of keccak256 of the uncompressed public key without its first byte (Yellow Paper, appendix F). */
function addressOfPublicKey(uncompressed: Uint8Array): string {
  return checksumAddress(keccak256(uncompressed.subarray(1)).subarray(12));
}

function assertDigest(digest: Uint8Array): void {
  if (digest.length !== 32) throw new InvalidDigest(digest.length);
}

/**
 * Signs one voucher.
 * @throws InvalidRedemption, HybridNonceOutOfRange, and what the signer throws
 */
export async function signVoucher(signer: DigestSigner, domain: VoucherDomain, redemption: Redemption): Promise<SignedVoucher> {
  const signature = await signer.sign(voucherDigest(domain, redemption));
  return { domain, redemption, signature: toHex(signature) };
}

/**
 * Who signed this voucher.
 * @throws InvalidSignature, InvalidRedemption, HybridNonceOutOfRange
 */
export function recoverVoucher({ domain, redemption, signature }: SignedVoucher): string {
  if (!/^0x([0-9a-fA-F]{2})*$/.test(signature)) throw new InvalidSignature("not 0x and whole bytes in hexadecimal");
  return recover(voucherDigest(domain, redemption), Buffer.from(signature.slice(2), "hex"));
}

/** A signature's bytes as the calldata encoders and `SignedVoucher` want them. */
export function toHex(signature: Uint8Array): string {
  return "0x" + Buffer.from(signature.buffer, signature.byteOffset, signature.byteLength).toString("hex");
}
