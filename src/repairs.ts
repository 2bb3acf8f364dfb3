import { z } from "zod";
import { type Duty, type Lanes, type Minting, type Pricing, replaceableFees } from "./chain/index.ts";
import type { Compensation } from "./compensate/compensation.ts";
import type { NewTask } from "./compensate/task-queue.ts";
import { DEFERRED_KIND, type OrderBook, orderStream, toldOf } from "./order/index.ts";

/** What the compensation tasks of the service work on. */
export interface RepairParts {
  readonly book: OrderBook;
  readonly minting: Minting;
  readonly lanes: Lanes;
  readonly pricing: Pricing;
}

const driveAgain = "order/drive-again";
const laneDuty = "lane/duty";
const laneCancel = "lane/cancel";
/** How long one attempt may take, in milliseconds. */
const timeoutMs = 10_000;

const orderPayload = z.strictObject({ orderId: z.string(), version: z.int() });
const dutyPayload = z.strictObject({ lane: z.string(), duty: z.enum(["open", "paused", "draining"]) });
const cancelPayload = z.strictObject({ lane: z.string(), nonce: z.int().min(0) });

/** An order whose transaction reverted for good is to be driven again. Another revert, at another version, is another task. */
export const driveAgainTask = (orderId: string, version: number): NewTask => ({
  ...{ kind: driveAgain, id: orderId, payload: { orderId, version }, priority: 1 },
  streams: [orderStream(orderId)],
});

/** An operator's word to a lane; done by the service that runs, or by the next one that does. */
export const laneDutyTask = (lane: string, duty: Duty): NewTask => ({ kind: laneDuty, id: `${duty} ${lane}`, payload: { lane, duty } });

/** An operator gives up a nonce of a lane: a no-op is to take it. */
export const laneCancelTask = (lane: string, nonce: number): NewTask => ({
  ...{ kind: laneCancel, id: `cancel ${lane} ${nonce}` },
  payload: { lane, nonce },
});

/** Says who does which compensation task. */
export function registerRepairs(compensation: Compensation, { book, minting, lanes, pricing }: RepairParts): void {
  compensation.register(DEFERRED_KIND, (payload) => book.executeDeferred(toldOf(payload)), { timeoutMs });
  compensation.register(driveAgain, (payload) => minting.driveAgain(orderPayload.parse(payload).orderId), { timeoutMs });
  compensation.register(
    laneDuty,
    async (payload) => {
      const { lane, duty } = dutyPayload.parse(payload);
      await lanes.get(lane).setDuty(duty);
      minting.ring();
    },
    { timeoutMs },
  );
  compensation.register(
    laneCancel,
    async (payload) => {
      const { lane, nonce } = cancelPayload.parse(payload);
      const open = lanes.get(lane).state.open.get(nonce);
      if (open) await lanes.get(lane).cancel(nonce, pricing.replacement(replaceableFees(open), await pricing.feesAt(undefined)));
    },
    { timeoutMs },
  );
}
