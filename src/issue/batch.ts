import { setImmediate } from "node:timers/promises";
import type { MintRequest } from "../order/index.ts";
import { orderIdOf } from "../voucher/index.ts";
import { InvalidBatchId } from "./errors.ts";

const ENTROPY_BYTES = 16;
/** Ids that are hashed without a pause: some 2 ms. */
const withoutPause = 512;

/**
 * The id of a batch whose requests have no idempotency keys of their own: 128 bits that nobody can guess, and so neither the
 * ids of its orders. Who has the id can issue the same batch again and gets the same vouchers.
 * @param entropy 16 bytes from the system's random source
 * @throws InvalidBatchId
 *
 * @example
 * newBatchId(randomBytes(16)); // 5f0c…, 32 digits
 */
export function newBatchId(entropy: Uint8Array): string {
  if (entropy.length !== ENTROPY_BYTES) throw new InvalidBatchId();
  return Buffer.from(entropy).toString("hex");
}

/** @throws InvalidBatchId */
export function checkBatchId(id: string): void {
  if (!/^[0-9a-f]{32}$/.test(id)) throw new InvalidBatchId();
}

/** The idempotency key of a batch's request. @param index its place in the batch, from 0 */
export const keyInBatch = (batchId: string, index: number): string => `batch/${batchId}/${index}`;

/**
 * The requests of a batch: `count` times the same content, each an order of its own.
 * @throws InvalidBatchId
 */
export async function requestsOfBatch(
  batchId: string,
  count: number,
  content: Pick<MintRequest, "tenant" | "to" | "quantity" | "uriDigest">,
): Promise<MintRequest[]> {
  checkBatchId(batchId);
  const requests: MintRequest[] = [];
  for (let index = 0; index < count; index++) {
    if (index % withoutPause === withoutPause - 1) await setImmediate();
    const key = keyInBatch(batchId, index);
    requests.push({ ...content, orderId: orderIdOf(content.tenant, key), key });
  }
  return requests;
}
