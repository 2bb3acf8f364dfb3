/**
 * Makes test/vectors/*.json with ethers alone, so that src/, the contracts and ethers are three independent readers of
 * the same bytes. Run it after a change of the signed types: `node scripts/vectors.ts`.
 */
import { writeFileSync } from "node:fs";
import { AbiCoder, computeAddress, getAddress, Interface, keccak256, recoverAddress, SigningKey, solidityPackedKeccak256 } from "ethers";
import { dataSlice, id, toUtf8Bytes, TypedDataEncoder, ZeroHash } from "ethers";
import { format } from "prettier";
import { batchTypes, types } from "../test/src/voucher/reference.ts";

const SEED = "mintd.vectors.1";
const VOUCHERS = 64;
const BATCH_SIZES = [1, 2, 7, 100];
const HYBRID_NONCES = 1024;

const tuple = "(address to,uint32 quantity,uint64 txCount,uint64 alignedSecond,bytes32 orderId,bytes32 uriDigest)";
const minter = new Interface([
  `function redeem(${tuple} redemption, bytes signature)`,
  `function redeemMany(${tuple}[] redemptions, bytes[] signatures, bool skip)`,
  `function redeemBatch(${tuple}[] redemptions, bytes signature, bool skip)`,
]);

/** The seeded source of everything below: keccak256 of the seed and a label. */
const random = (...label: (string | number)[]) => id([SEED, ...label].join("/"));
const below = (limit: bigint, ...label: (string | number)[]) => BigInt(random(...label)) % limit;

/** Mostly random, the first few the ends of the range. */
const edgy = (i: number, edges: bigint[], limit: bigint, label: string) => edges[i] ?? below(limit, label, i);

const signer = new SigningKey(random("signer"));
const localDomain = { name: "mintd", version: "1", chainId: 31337, verifyingContract: getAddress(dataSlice(random("minter"), 12)) };
const baseDomain = { ...localDomain, chainId: 8453, verifyingContract: getAddress(dataSlice(random("minter on Base"), 12)) };

function redemptionOf(i: number) {
  const tenant = i % 3 === 0 ? "default" : `tenant ${String(i % 5)} é`;
  const idempotencyKey = `drop-${String(i)}`;
  const uri = i % 4 === 0 ? "" : `ipfs://vector/${String(i)}.json`;
  const parts = [id("mintd.order.v1"), id(tenant), id(idempotencyKey)];
  const redemption = {
    to: getAddress(dataSlice(random("to", i), 12)),
    quantity: Number(edgy(i, [1n, 2n ** 32n - 1n], 5n, "quantity") || 5n),
    txCount: edgy(i, [0n, 2n ** 64n - 1n, 255n, 256n], 2n ** 64n, "txCount").toString(),
    alignedSecond: Number(edgy(i, [0n, 2n ** 53n - 1n, 1n], 2n ** 33n, "alignedSecond")),
    orderId: keccak256(AbiCoder.defaultAbiCoder().encode(["bytes32", "bytes32", "bytes32"], parts)),
    uriDigest: uri === "" ? ZeroHash : keccak256(toUtf8Bytes(uri)),
  };
  return { tenant, idempotencyKey, uri, redemption };
}

type Redemption = ReturnType<typeof redemptionOf>["redemption"];

function typed({ txCount, alignedSecond, ...signed }: Redemption) {
  return { ...signed, hybridNonce: solidityPackedKeccak256(["uint256", "uint64"], [txCount, alignedSecond]) };
}

const sign = (digest: string) => signer.sign(digest).serialized;
const domainOf = (i: number) => (i < VOUCHERS - 8 ? localDomain : baseDomain);
const publicDomain = ({ chainId, verifyingContract }: typeof localDomain) => ({ chainId, verifyingContract });

function voucher(i: number) {
  const source = redemptionOf(i);
  const { redemption } = source;
  const digest = TypedDataEncoder.hash(domainOf(i), types, typed(redemption));
  const signature = sign(digest);
  return {
    domain: publicDomain(domainOf(i)),
    ...source,
    hybridNonce: typed(redemption).hybridNonce,
    digest,
    signature,
    recovered: recoverAddress(digest, signature),
    redeem: minter.encodeFunctionData("redeem", [redemption, signature]),
  };
}

function batch(size: number, index: number) {
  const redemptions = Array.from({ length: size }, (_, i) => redemptionOf(1000 * (index + 1) + i).redemption);
  const digest = TypedDataEncoder.hash(localDomain, batchTypes, { vouchers: redemptions.map(typed) });
  const signature = sign(digest);
  const signatures = redemptions.map((each) => sign(TypedDataEncoder.hash(localDomain, types, typed(each))));
  const skip = index % 2 === 1;
  return {
    domain: publicDomain(localDomain),
    skip,
    redemptions,
    digest,
    signature,
    recovered: recoverAddress(digest, signature),
    redeemBatch: minter.encodeFunctionData("redeemBatch", [redemptions, signature, skip]),
    redeemMany: minter.encodeFunctionData("redeemMany", [redemptions, signatures, skip]),
    signatures,
  };
}

/** test/vectors/vouchers.json: what is signed, its digest, signature and calldata. */
export function voucherVectors() {
  return {
    seed: SEED,
    signer: { privateKey: signer.privateKey, address: computeAddress(signer) },
    vouchers: Array.from({ length: VOUCHERS }, (_, i) => voucher(i)),
    batches: BATCH_SIZES.map(batch),
  };
}

/** test/vectors/hybrid-nonces.json: solidityPackedKeccak256 over both types' whole ranges. */
export function hybridNonceVectors() {
  const ends = [0n, 1n, 255n, 256n, 2n ** 32n - 1n, 2n ** 32n, 2n ** 53n, 2n ** 63n, 2n ** 64n - 1n];
  const pairs = ends.flatMap((txCount) => ends.map((second) => [txCount, second] as const));
  for (let i = pairs.length; i < HYBRID_NONCES; i++) {
    pairs.push([below(2n ** BigInt(1 + (i % 64)), "txCount", i), below(2n ** BigInt(1 + ((i * 7) % 64)), "second", i)]);
  }
  const vectors = pairs.map(([txCount, alignedSecond]) => ({
    txCount: txCount.toString(),
    alignedSecond: alignedSecond.toString(),
    hybridNonce: solidityPackedKeccak256(["uint256", "uint64"], [txCount, alignedSecond]),
  }));
  return { seed: SEED, vectors };
}

if (import.meta.main) {
  for (const [name, content] of [
    ["vouchers", voucherVectors()],
    ["hybrid-nonces", hybridNonceVectors()],
  ] as const) {
    const text = await format(JSON.stringify(content), { parser: "json", printWidth: 140 });
    writeFileSync(new URL(`../test/vectors/${name}.json`, import.meta.url), text);
  }
}
