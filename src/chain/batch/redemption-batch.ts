import type { Order, Told } from "../../order/index.ts";
import { batchDigest, type DigestSigner, encodeRedeemBatch, type Redemption, toHex, type VoucherDomain } from "../../voucher/index.ts";
import { batchGas, type MintGas } from "./mint-gas.ts";

/** A batch ready for a lane. */
export interface RedemptionBatch {
  readonly orders: readonly Order[];
  readonly data: string;
  /** The same in the mode that reverts at the first item that does not mint, instead of leaving it out; to be simulated. */
  readonly strictData: () => string;
  readonly gasLimit: number;
  /** Each order is told its voucher; durable together with the attempt that carries it. */
  readonly authorised: readonly Told[];
}

/**
 * Binds orders to vouchers and signs them as one. An order keeps its number for life and gets a new
 * second each time: the bit on chain lets only one of its vouchers mint.
 * @param orders each with its voucher number and the chain time that its voucher is to be bound to
 */
export async function redemptionBatch(
  orders: readonly Order[],
  { domain, signer, gas }: { domain: VoucherDomain; signer: DigestSigner; gas: MintGas },
): Promise<RedemptionBatch> {
  const redemptions = orders.map(({ request, voucher }): Redemption => {
    if (!voucher) throw new TypeError(`order ${request.orderId} has no voucher yet`);
    const txCount = BigInt(voucher.number);
    return {
      to: request.to,
      quantity: request.quantity,
      txCount,
      alignedSecond: voucher.second,
      orderId: request.orderId,
      uriDigest: request.uriDigest,
    };
  });
  const signature = toHex(await signer.sign(batchDigest(domain, redemptions)));
  return {
    orders,
    data: encodeRedeemBatch(redemptions, signature, true),
    strictData: () => encodeRedeemBatch(redemptions, signature, false),
    gasLimit: batchGas(
      orders.map((order) => order.request.quantity),
      gas,
    ),
    authorised: redemptions.map(({ orderId, txCount, alignedSecond }) => ({
      orderId,
      command: { kind: "authorise", voucher: { number: txCount.toString(), second: alignedSecond } },
    })),
  };
}
