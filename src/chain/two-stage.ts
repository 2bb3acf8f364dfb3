import { IllegalTransition, type MintRequest, type OrderBook, readOrder } from "../order/index.ts";
import type { EventStore } from "../store/index.ts";
import {
  type DigestSigner,
  encodeRedeem,
  type Redemption,
  recoverVoucher,
  type SignedVoucher,
  signVoucher,
  type VoucherDomain,
} from "../voucher/index.ts";
import { batchGas } from "./batch/batcher.ts";
import { VoucherForElsewhere } from "./errors.ts";
import type { Lane } from "./lane/lane.ts";
import type { Pricing } from "./lane/pricing.ts";
import type { Rpc } from "./rpc/rpc.ts";
import { BatchReverts, simulate } from "./batch/simulation.ts";

export interface TwoStageParts {
  readonly store: EventStore;
  readonly book: OrderBook;
  /** The lane that redeems for this receiver. */
  readonly laneFor: (request: MintRequest) => Lane;
  readonly rpc: Rpc;
  readonly numbers: { reserve(count: number): Promise<readonly bigint[]> };
  readonly signer: DigestSigner;
  readonly domain: VoucherDomain;
  readonly pricing: Pricing;
}

/**
 * Stage 1: accepts the order and hands out its voucher. Asked again for the same order it gives a voucher with the same
 * number and a new second, of which the chain lets only one mint.
 * @param second chain time that the voucher is bound to; it holds for 300 s from there
 * @throws IdempotencyConflict, IllegalTransition (the order is on its way or minted already)
 */
export async function issueVoucher(request: MintRequest, second: number, parts: TwoStageParts): Promise<SignedVoucher> {
  const { book, numbers, signer, domain } = parts;
  const [outcome] = await book.request([request]);
  if (outcome?.outcome === "conflict") throw outcome.error;
  const order = outcome?.order;
  if (order && order.kind !== "requested" && order.kind !== "authorised")
    throw new IllegalTransition(request.orderId, order.kind, "authorised");
  const number = order?.voucher?.number ?? String((await numbers.reserve(1))[0]);
  const { orderId, to, quantity, uriDigest } = request;
  const voucher = await signVoucher(signer, domain, { to, quantity, txCount: BigInt(number), alignedSecond: second, orderId, uriDigest });
  await book.execute([{ orderId: request.orderId, command: { kind: "authorise", voucher: { number, second } } }]);
  return voucher;
}

/** What became of a redemption: sent now, or there was nothing to send. */
export interface Redeemed {
  readonly orderId: string;
  readonly signer: string;
  readonly outcome: "sent" | "underway" | "minted before";
}

/**
 * Stage 2: redeems a voucher through the lane. A voucher that was issued elsewhere becomes an order here.
 * @throws VoucherForElsewhere, BatchReverts (expired, redeemed by somebody else, signer without the role), InvalidSignature
 */
export async function redeemVoucher(voucher: SignedVoucher, parts: TwoStageParts): Promise<Redeemed> {
  const { domain, redemption, signature } = voucher;
  const { store, book, rpc } = parts;
  if (domain.chainId !== parts.domain.chainId || domain.verifyingContract.toLowerCase() !== parts.domain.verifyingContract.toLowerCase()) {
    throw new VoucherForElsewhere(domain, parts.domain);
  }
  const signer = recoverVoucher(voucher);
  const { orderId } = redemption;
  const known = await readOrder(store, orderId);
  if (known && known.kind !== "requested" && known.kind !== "authorised") {
    return { orderId, signer, outcome: known.inclusion || known.kind === "final" ? "minted before" : "underway" };
  }
  const lane = parts.laneFor(requestOf(redemption));
  const data = encodeRedeem(redemption, signature);
  const gasLimit = batchGas([redemption.quantity]);
  await refuseWhatReverts(rpc, lane.address, domain.verifyingContract, { data, gasLimit });
  const fees = await parts.pricing.feesAt(undefined);
  const binding = { number: redemption.txCount.toString(), second: redemption.alignedSecond };
  if (!known) await book.adopt(requestOf(redemption), binding);
  const before = [{ orderId, command: { kind: "authorise", voucher: binding } }] as const;
  await lane.submit([{ orderIds: [orderId], to: domain.verifyingContract, data, gasLimit, fees, before }]);
  return { orderId, signer, outcome: "sent" };
}

async function refuseWhatReverts(rpc: Rpc, from: string, to: string, call: { data: string; gasLimit: number }): Promise<void> {
  const verdict = await simulate(rpc, from, to, call);
  if (verdict.kind === "item refused") throw new BatchReverts(verdict.reason);
}

/** An order known by its voucher alone: the key that its id was made from is the issuer's knowledge. */
function requestOf({ orderId, to, quantity, uriDigest }: Redemption): MintRequest {
  return { orderId, tenant: "", key: null, to, quantity, uriDigest };
}
