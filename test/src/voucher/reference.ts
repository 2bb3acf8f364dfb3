import { Interface, solidityPackedKeccak256, TypedDataEncoder } from "ethers";
import { minterAbi, type Redemption, type VoucherDomain } from "../../../src/voucher/index.ts";

/** ethers' own slow way to the same bytes: what the fast path is held to. */
export const minter = new Interface(minterAbi);

/** The EIP-712 types as ethers wants them. */
export const types = {
  Voucher: [
    { name: "to", type: "address" },
    { name: "quantity", type: "uint32" },
    { name: "hybridNonce", type: "bytes32" },
    { name: "orderId", type: "bytes32" },
    { name: "uriDigest", type: "bytes32" },
  ],
};
export const batchTypes = { ...types, VoucherBatch: [{ name: "vouchers", type: "Voucher[]" }] };

function typed({ to, quantity, txCount, alignedSecond, orderId, uriDigest }: Redemption) {
  return { to, quantity, hybridNonce: solidityPackedKeccak256(["uint256", "uint64"], [txCount, alignedSecond]), orderId, uriDigest };
}

const domainOf = (domain: VoucherDomain) => ({ name: "mintd", version: "1", ...domain });

export function digestByEthers(domain: VoucherDomain, redemption: Redemption): string {
  return TypedDataEncoder.hash(domainOf(domain), types, typed(redemption));
}

export function batchDigestByEthers(domain: VoucherDomain, redemptions: readonly Redemption[]): string {
  return TypedDataEncoder.hash(domainOf(domain), batchTypes, { vouchers: redemptions.map(typed) });
}
