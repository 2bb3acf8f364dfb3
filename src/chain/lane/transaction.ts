import { RLP } from "@ethereumjs/rlp";
import { keccak256 } from "../../keccak/index.ts";
import { type DigestSigner, toHex } from "../../voucher/index.ts";
import type { Fees } from "../fees/fees.ts";

export interface UnsignedTransaction {
  readonly chainId: number;
  readonly nonce: number;
  readonly to: string;
  readonly data: string;
  readonly gasLimit: number;
  /** Wei per gas. */
  readonly maxFeePerGas: bigint;
  readonly maxPriorityFeePerGas: bigint;
}

export interface SignedTransaction {
  /** What goes on the wire, 0x hex. */
  readonly raw: string;
  readonly hash: string;
}

/** EIP-2718 type of EIP-1559 transactions. */
const type = Buffer.of(2);
const nothing = new Uint8Array();
/** Fields before the signature. */
const unsignedFields = 9;
/** What RLP has: bytes, or a list (the access list, which is empty). */
type Field = Uint8Array | Uint8Array[];

/**
 * Signs an EIP-1559 transaction without value; deterministic, so the same transaction is always the same bytes.
 * Over bytes throughout: a batch has 40 kB, which ethers' hexadecimal serialiser takes 10 ms for.
 * Source of the layout: EIP-1559, "rlp([chain_id, nonce, max_priority_fee_per_gas, max_fee_per_gas, gas_limit, destination,
 * amount, data, access_list, signature_y_parity, signature_r, signature_s])".
 */
export async function signTransaction(unsigned: UnsignedTransaction, signer: DigestSigner): Promise<SignedTransaction> {
  const { chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit, to, data } = unsigned;
  const fields: Field[] = [
    ...[chainId, nonce, maxPriorityFeePerGas, maxFeePerGas, gasLimit].map(quantity),
    bytes(to),
    nothing, // value
    bytes(data),
    [], // access list
  ];
  return signFields(fields, signer);
}

/** The same transaction at other fees: nonce, receiver, data and gas limit are taken from its bytes. */
export async function resignTransaction(raw: string, fees: Fees, signer: DigestSigner): Promise<SignedTransaction> {
  const fields = RLP.decode(bytes(raw).subarray(type.length)) as Field[];
  const [chainId = nothing, nonce = nothing, , , ...rest] = fields.slice(0, unsignedFields);
  return signFields([chainId, nonce, quantity(fees.maxPriorityFeePerGas), quantity(fees.maxFeePerGas), ...rest], signer);
}

async function signFields(fields: Field[], signer: DigestSigner): Promise<SignedTransaction> {
  const signature = await signer.sign(keccak256(Buffer.concat([type, RLP.encode(fields)])));
  const parity = (signature[64] ?? 27) - 27;
  const signed = Buffer.concat([
    type,
    RLP.encode([...fields, quantity(parity), withoutZeros(signature.subarray(0, 32)), withoutZeros(signature.subarray(32, 64))]),
  ]);
  return { raw: toHex(signed), hash: toHex(keccak256(signed)) };
}

const bytes = (hex: string): Buffer => Buffer.from(hex.slice(2), "hex");

/** RLP has numbers without leading zeros; zero is no byte at all. */
function quantity(value: number | bigint): Uint8Array {
  if (value === 0 || value === 0n) return nothing;
  const hex = value.toString(16);
  return Buffer.from(hex.length % 2 === 0 ? hex : `0${hex}`, "hex");
}

function withoutZeros(number: Uint8Array): Uint8Array {
  const first = number.findIndex((byte) => byte !== 0);
  return first === -1 ? nothing : number.subarray(first);
}
