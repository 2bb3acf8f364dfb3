import type { Order, Told } from "../order/index.ts";
import { batchDigest, type DigestSigner, encodeRedeemBatch, type Redemption, toHex, type VoucherDomain } from "../voucher/index.ts";
import { batchGas } from "./batcher.ts";

/** A batch ready for a lane. */
export interface RedemptionBatch {
  readonly orders: readonly Order[];
  readonly data: string;
  readonly gasLimit: number;
  /** Each order is told its voucher; durable together with the attempt that carries it. */
  readonly authorised: readonly Told[];
}

/**
 * Binds orders to vouchers and signs them as one. An order that has a number keeps it and gets a new second: the bit on
 * chain lets only one of its vouchers mint.
 * @param numbers voucher numbers for the orders that have none yet, in their order
 * @param second chain time that the vouchers are bound to
 */
export async function redemptionBatch(
  orders: readonly Order[],
  numbers: readonly bigint[],
  second: number,
  domain: VoucherDomain,
  signer: DigestSigner,
): Promise<RedemptionBatch> {
  let next = 0;
  const redemptions = orders.map(({ request, voucher }): Redemption => {
    const txCount = voucher ? BigInt(voucher.number) : numbers[next++];
    if (txCount === undefined) throw new TypeError("fewer voucher numbers than orders that need one");
    return {
      to: request.to,
      quantity: request.quantity,
      txCount,
      alignedSecond: second,
      orderId: request.orderId,
      uriDigest: request.uriDigest,
    };
  });
  const signature = toHex(await signer.sign(batchDigest(domain, redemptions)));
  return {
    orders,
    data: encodeRedeemBatch(redemptions, signature, true),
    gasLimit: batchGas(orders.map((order) => order.request.quantity)),
    authorised: redemptions.map(({ orderId, txCount }) => ({
      orderId,
      command: { kind: "authorise", voucher: { number: txCount.toString(), second } },
    })),
  };
}
