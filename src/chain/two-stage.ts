import { type MintRequest, type OrderBook, readOrder } from "../order/index.ts";
import type { EventStore } from "../store/index.ts";
import { encodeRedeem, type Redemption, recoverVoucher, type SignedVoucher, type VoucherDomain } from "../voucher/index.ts";
import { batchGas, type MintGas } from "./batch/mint-gas.ts";
import { VoucherForElsewhere } from "./errors.ts";
import type { Lane } from "./lane/lane.ts";
import type { Pricing } from "./lane/pricing.ts";
import type { Rpc } from "./rpc/rpc.ts";
import { BatchReverts, simulate } from "./batch/simulation.ts";

/** What stage 2 needs; stage 1 is in src/issue and needs no chain. */
export interface TwoStageParts {
  readonly store: EventStore;
  readonly book: OrderBook;
  /** The lane that redeems for this receiver. */
  readonly laneFor: (request: MintRequest) => Lane;
  readonly rpc: Rpc;
  readonly domain: VoucherDomain;
  readonly pricing: Pricing;
  readonly gas: MintGas;
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
  const gasLimit = batchGas([redemption.quantity], parts.gas);
  await refuseWhatReverts(rpc, lane.address, domain.verifyingContract, { data, gasLimit });
  const fees = await parts.pricing.feesAt(undefined);
  const binding = { number: redemption.txCount.toString(), second: redemption.alignedSecond };
  if (!known) await book.adopt(requestOf(redemption), binding);
  const before = [{ orderId, command: { kind: "authorise", voucher: binding } }] as const;
  await lane.submit([{ orderIds: [orderId], to: domain.verifyingContract, data, gasLimit, fees, before }]);
  return { orderId, signer, outcome: "sent" };
}

async function refuseWhatReverts(rpc: Rpc, from: string, to: string, call: { data: string; gasLimit: number }): Promise<void> {
  const verdict = await simulate(rpc, from, to, call, "pending");
  if (verdict.kind === "item refused") throw new BatchReverts(verdict.reason);
}

/** An order known by its voucher alone: the key that its id was made from is the issuer's knowledge. */
function requestOf({ orderId, to, quantity, uriDigest }: Redemption): MintRequest {
  return { orderId, tenant: "", key: null, to, quantity, uriDigest };
}
