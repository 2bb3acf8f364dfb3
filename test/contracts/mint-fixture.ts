// Deploys the minters as a team would, and signs vouchers with ethers alone: nothing of src/ is used here, so that these
// tests and the service check each other.
import type { Signer, TypedDataDomain, TypedDataField } from "ethers";
import { getBytes, Signature, solidityPackedKeccak256, Wallet, zeroPadValue, toBeHex } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";
import type { AccessManager, EditionMinter, VoucherMinter } from "../../types/ethers-contracts/index.ts";

export type Minter = EditionMinter | VoucherMinter;

export interface Redemption {
  readonly to: string;
  readonly quantity: number;
  readonly txCount: number;
  readonly alignedSecond: number;
  readonly orderId: string;
  readonly uriDigest: string;
}

const voucherFields: TypedDataField[] = [
  { name: "to", type: "address" },
  { name: "quantity", type: "uint32" },
  { name: "hybridNonce", type: "bytes32" },
  { name: "orderId", type: "bytes32" },
  { name: "uriDigest", type: "bytes32" },
];
export const voucherTypes = { Voucher: voucherFields };
export const batchTypes = { VoucherBatch: [{ name: "vouchers", type: "Voucher[]" }], Voucher: voucherFields };

/** The first second of every fixture's life, far from the machine's clock: numbers in bench/gas.json depend on it. */
export const start = Date.UTC(2031, 0, 1) / 1000;

/** A key that nothing else uses. */
export const signerKey = "0x6d696e7464000000000000000000000000000000000000000000000000000001";

/** Role ids of the fixture; any ids do. */
export const roles = { signerAdmin: 1n, guardian: 2n, curator: 3n };

export interface Fixture {
  readonly connection: NetworkConnection;
  readonly manager: AccessManager;
  readonly voucherMinter: VoucherMinter;
  readonly editionMinter: EditionMinter;
  readonly signer: Wallet;
  readonly admin: Signer;
  readonly signerAdmin: Signer;
  readonly guardian: Signer;
  readonly curator: Signer;
  readonly stranger: Signer;
}

/** One AccessManager, both minters, three roles, one signer. The admin deploys and keeps only the admin role. */
export async function deployMinters(connection: NetworkConnection): Promise<Fixture> {
  const { ethers } = connection;
  const [admin, signerAdmin, guardian, curator, stranger] = await ethers.getSigners();
  if (!admin || !signerAdmin || !guardian || !curator || !stranger) throw new Error("the network has too few accounts");
  const signer = new Wallet(signerKey);
  const manager = await ethers.deployContract("AccessManager", [admin.address]);
  const authority = await manager.getAddress();
  const voucherMinter = await ethers.deployContract("VoucherMinter", [authority, "Drop", "DROP", "ipfs://base/"]);
  const editionMinter = await ethers.deployContract("EditionMinter", [authority, "Editions", "ED", "ipfs://base/{id}"]);
  for (const [minter, setURI] of [
    [voucherMinter, voucherMinter.interface.getFunction("setBaseURI").selector],
    [editionMinter, editionMinter.interface.getFunction("setURI").selector],
  ] as const) {
    const target = await minter.getAddress();
    const selector = (name: "cancel" | "grantSigner" | "revokeSigner" | "setRoyalty") => minter.interface.getFunction(name).selector;
    await manager.setTargetFunctionRole(target, [selector("grantSigner")], roles.signerAdmin);
    await manager.setTargetFunctionRole(target, [selector("revokeSigner"), selector("cancel")], roles.guardian);
    await manager.setTargetFunctionRole(target, [setURI, selector("setRoyalty")], roles.curator);
  }
  await manager.grantRole(roles.signerAdmin, signerAdmin.address, 0);
  await manager.grantRole(roles.guardian, guardian.address, 0);
  await manager.grantRole(roles.curator, curator.address, 0);
  await voucherMinter.connect(signerAdmin).grantSigner(signer.address);
  await editionMinter.connect(signerAdmin).grantSigner(signer.address);
  return { connection, manager, voucherMinter, editionMinter, signer, admin, signerAdmin, guardian, curator, stranger };
}

/** An address that never had anything: `owner(i)` of two different `i` differ. */
export function owner(i: number): string {
  return new Wallet(solidityPackedKeccak256(["string", "uint256"], ["owner", i])).address;
}

/** A redemption with every field filled in; orderId and uriDigest are not zero, as zero bytes are cheaper. */
export function redemption(txCount: number, fields: Partial<Redemption> = {}): Redemption {
  return {
    to: owner(txCount),
    quantity: 1,
    txCount,
    alignedSecond: start,
    orderId: solidityPackedKeccak256(["string", "uint256"], ["order", txCount]),
    uriDigest: solidityPackedKeccak256(["string", "uint256"], ["uri", txCount]),
    ...fields,
  };
}

/** What is signed of a redemption. */
export function voucherOf(r: Redemption): Record<string, unknown> {
  return {
    to: r.to,
    quantity: r.quantity,
    hybridNonce: solidityPackedKeccak256(["uint256", "uint64"], [r.txCount, r.alignedSecond]),
    orderId: r.orderId,
    uriDigest: r.uriDigest,
  };
}

/** The domain as docs/contracts.md states it; not asked from the contract, which might be wrong. */
export async function domainOf(minter: Minter): Promise<TypedDataDomain> {
  const provider = minter.runner?.provider;
  if (!provider) throw new Error("the contract is not connected");
  const { chainId } = await provider.getNetwork();
  return { name: "mintd", version: "1", chainId, verifyingContract: await minter.getAddress() };
}

export async function signVoucher(minter: Minter, signer: Wallet, r: Redemption): Promise<string> {
  return signer.signTypedData(await domainOf(minter), voucherTypes, voucherOf(r));
}

export async function signBatch(minter: Minter, signer: Wallet, rs: readonly Redemption[]): Promise<string> {
  return signer.signTypedData(await domainOf(minter), batchTypes, { vouchers: rs.map(voucherOf) });
}

/** The 64-byte form of a 65-byte signature. */
export function compact(signature: string): string {
  return Signature.from(signature).compactSerialized;
}

/** The other signature of the same message by the same key, which everybody can compute and nobody should accept. */
export function highS(signature: string): string {
  const bytes = getBytes(signature);
  const order = 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n;
  const { s, v } = Signature.from(signature);
  bytes.set(getBytes(zeroPadValue(toBeHex(order - BigInt(s)), 32)), 32);
  bytes[64] = v === 27 ? 28 : 27;
  return `0x${Buffer.from(bytes).toString("hex")}`;
}

/** `count` redemptions with consecutive numbers from `first` on, each to another owner. */
export function redemptions(first: number, count: number, fields: Partial<Redemption> = {}): Redemption[] {
  return Array.from({ length: count }, (_, i) => redemption(first + i, fields));
}
