import { getAddress, hexlify } from "ethers";
import fc from "fast-check";
import type { Redemption, VoucherDomain } from "../../../src/voucher/index.ts";

const bytes = (length: number) => fc.uint8Array({ minLength: length, maxLength: length }).map((value) => hexlify(value));
const address = bytes(20).map((text) => getAddress(text));

export const redemptions: fc.Arbitrary<Redemption> = fc.record({
  to: address,
  quantity: fc.integer({ min: 1, max: 2 ** 32 - 1 }),
  txCount: fc.bigInt({ min: 0n, max: 2n ** 64n - 1n }),
  alignedSecond: fc.integer({ min: 0, max: Number.MAX_SAFE_INTEGER }),
  orderId: bytes(32),
  uriDigest: bytes(32),
});

export const domains: fc.Arbitrary<VoucherDomain> = fc.record({
  chainId: fc.integer({ min: 1, max: Number.MAX_SAFE_INTEGER }),
  verifyingContract: address,
});

export const digests = fc.uint8Array({ minLength: 32, maxLength: 32 });

export const signatures = bytes(65);
