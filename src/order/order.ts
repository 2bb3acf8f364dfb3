import type { StreamId, Version } from "../store/event-store.ts";
import { VALIDITY_SECONDS } from "../voucher/abi.ts";
import { IllegalTransition, VoucherNumberChanged } from "./errors.ts";
import {
  type Carrier,
  type CarrierNonce,
  type Inclusion,
  levelDepth,
  type MintRequest,
  type OrderEvent,
  type OrderStateKind,
  type Refusal,
  type UnconfirmedReason,
  type VoucherBinding,
} from "./events.ts";
import { allows } from "./transitions.ts";

/** An order as its events made it. */
export interface Order {
  readonly request: MintRequest;
  readonly kind: OrderStateKind;
  /** Number of its events so far. */
  readonly version: Version;
  /** When it was requested, ms since the epoch. */
  readonly requestedAt: number;
  /** When it came into its state: the time of its latest event, ms since the epoch. */
  readonly changedAt: number;
  readonly voucher?: VoucherBinding;
  /** The latest second that any voucher of its number was bound to: holders keep the former ones too. */
  readonly lastSecond?: number;
  readonly carrier?: Carrier;
  readonly inclusion?: Inclusion;
  /** Why it was rejected, failed or unconfirmed. */
  readonly reason?: string;
  /** Of a failed order that is not tried again: it is rejected once nobody can redeem its voucher any more. */
  readonly refusal?: Refusal;
}

/** What can be told to an order. Facts of the chain are commands too: the order decides what they mean to it. */
export type OrderCommand =
  | { readonly kind: "request"; readonly request: MintRequest }
  | { readonly kind: "authorise"; readonly voucher: VoucherBinding }
  | { readonly kind: "assign"; readonly carrier: Carrier }
  | { readonly kind: "broadcast"; readonly carrier: Carrier }
  | { readonly kind: "include"; readonly inclusion: Inclusion }
  /** `finalBlock`: the newest block that may count as final, where depth alone does not say so. */
  | { readonly kind: "deepen"; readonly blockHash: string; readonly head: number; readonly finalBlock?: number }
  | { readonly kind: "unconfirm"; readonly reason: UnconfirmedReason; readonly blockHash?: string; readonly carrier?: CarrierNonce }
  /** `finalSecond`: timestamp of a final block under which the order's number is not minted; needed where it has a voucher. */
  | { readonly kind: "reject"; readonly code: string; readonly reason: string; readonly finalSecond?: number }
  | { readonly kind: "fail"; readonly carrier: Carrier; readonly reason: string; readonly refusal?: Refusal }
  | { readonly kind: "compensate"; readonly reason: string };

/** A command and the order it is for. */
export interface Told {
  readonly orderId: string;
  readonly command: OrderCommand;
}

const CANCELLED = "VOUCHER_CANCELLED";

/**
 * Closes an order whose voucher's number was cancelled on chain. To be told only on the word of a final log: the bit is set
 * for good then, and not by a mint.
 */
export const cancelled = (reason: string): OrderCommand => ({ kind: "reject", code: "VOUCHER_CANCELLED", reason });

/** How the names of all orders' streams begin. */
export const ordersStreams = "order/";

/** The stream that holds an order's events. */
export const orderStream = (orderId: string): StreamId => `${ordersStreams}${orderId}`;

/** The order whose stream this is, or undefined where the stream is about something else. */
export const orderOfStream = (stream: StreamId): string | undefined =>
  stream.startsWith(ordersStreams) ? stream.slice(ordersStreams.length) : undefined;

/**
 * What a command makes of an order: the events to append, none where it was told what it knows.
 * Pure: the caller reads chain and clock, this only decides.
 * @throws IllegalTransition where the table does not allow the event.
 * @throws VoucherNumberChanged where an order would get a second number.
 */
export function decide(command: OrderCommand, order: Order | undefined, orderId: string): OrderEvent[] {
  switch (command.kind) {
    case "request": {
      const { orderId: _, ...data } = command.request;
      return [allow(order, orderId, { kind: "requested", data })];
    }
    case "authorise":
      if (order?.voucher && order.voucher.number !== command.voucher.number) {
        throw new VoucherNumberChanged(orderId, order.voucher.number, command.voucher.number);
      }
      return [allow(order, orderId, { kind: "authorised", data: command.voucher })];
    case "assign":
      return [allow(order, orderId, { kind: "assigned", data: command.carrier })];
    case "broadcast":
      return broadcast(command.carrier, order, orderId);
    case "include":
      return include(command.inclusion, order, orderId);
    case "deepen":
      return deepen(command, order);
    case "unconfirm":
      return unconfirm(command, order, orderId);
    case "reject":
      if (order?.voucher && command.code !== CANCELLED && !canNeverMint(order, command.finalSecond)) {
        throw new IllegalTransition(orderId, order.kind, "rejected");
      }
      return [allow(order, orderId, { kind: "rejected", data: { code: command.code, reason: command.reason } })];
    case "fail":
      // Minted by somebody else, or carried under another nonce by now: the old one's failure says nothing.
      if (!order || order.inclusion || !isCarriedBy(order, command.carrier)) return [];
      return [allow(order, orderId, { kind: "failed", data: failureOf(command) })];
    case "compensate":
      return [allow(order, orderId, { kind: "compensating", data: { reason: command.reason } })];
  }
}

/** Whether no voucher of the order can be redeemed in a block after one that is final and has this timestamp. */
export const isVoidAfter = ({ voucher, lastSecond = voucher?.second ?? 0 }: Order, finalSecond: number): boolean =>
  finalSecond > lastSecond + VALIDITY_SECONDS;

/**
 * Whoever has seen a voucher may redeem it until its window has passed, the public calldata of a transaction that skipped it
 * included: until then no reason but the chain's own makes a mint impossible. One that is with its holder may be renewed.
 */
const canNeverMint = (order: Order, finalSecond = 0): boolean => order.kind !== "authorised" && isVoidAfter(order, finalSecond);

/** Whether the order waits for whoever has its voucher, and for no transaction of ours; until its mint is final. */
export const isWithHolder = ({ voucher, carrier }: Pick<Order, "voucher" | "carrier">): boolean =>
  voucher !== undefined && carrier === undefined;

/** Whether the order waits for a transaction of this nonce, whichever of its attempts: only one of them can be mined. */
export const isCarriedBy = ({ carrier }: Order, { lane, nonce }: CarrierNonce): boolean =>
  carrier?.nonce === nonce && carrier.lane === lane;

/** The order after an event. The event is a fact: it is applied whatever the table says, so that old ledgers stay readable. */
export function evolve(order: Order | undefined, event: OrderEvent, orderId: string, at: number): Order {
  if (event.kind === "requested") {
    return { request: { orderId, ...event.data }, kind: "requested", version: 1, requestedAt: at, changedAt: at };
  }
  if (!order) throw new IllegalTransition(orderId, "unknown", event.kind);
  const { reason: _, refusal: __, ...before } = order;
  const next = { ...before, kind: event.kind, version: order.version + 1, changedAt: at };
  switch (event.kind) {
    case "authorised":
      return { ...next, voucher: event.data, lastSecond: laterOf(order, event.data.second) };
    case "assigned":
    case "broadcast":
      return { ...next, carrier: event.data };
    case "tentative":
      return { ...next, inclusion: event.data };
    case "unconfirmed": {
      const { inclusion: ___, ...open } = next;
      const { voucher: ____, lastSecond: _____, ...numberless } = open;
      return { ...(event.data.reason === "number-taken" ? numberless : open), reason: event.data.reason };
    }
    case "failed": {
      const { reason, refusal } = event.data;
      if (!refusal) return { ...next, reason };
      return { ...next, reason, refusal, lastSecond: laterOf(order, refusal.second) };
    }
    case "rejected":
    case "compensating":
      return { ...next, reason: event.data.reason };
    case "auditable":
    case "final":
      return next;
  }
}

/** The answer of a node may come after the mint was already seen, or after the order went to another carrier: then it is old news. */
function broadcast(carrier: Carrier, order: Order | undefined, orderId: string): OrderEvent[] {
  if (!order || order.inclusion || !isCarriedBy(order, carrier)) return [];
  if (order.kind === "broadcast" && order.carrier?.hash === carrier.hash) return [];
  return [allow(order, orderId, { kind: "broadcast", data: carrier })];
}

/** A mint seen in a canonical block. Told twice is told once; seen in another block, the former inclusion was reorganised away. */
function include(inclusion: Inclusion, order: Order | undefined, orderId: string): OrderEvent[] {
  const tentative: OrderEvent = { kind: "tentative", data: inclusion };
  if (!order?.inclusion) return [allow(order, orderId, tentative)];
  if (order.inclusion.blockHash === inclusion.blockHash) return [];
  return [allow(order, orderId, { kind: "unconfirmed", data: { reason: "reorg" } }), tentative];
}

/** The levels that an order in block `blockHash` newly reaches when the canonical head is at height `head`. */
function deepen({ blockHash, head, finalBlock = head }: Extract<OrderCommand, { kind: "deepen" }>, order: Order | undefined): OrderEvent[] {
  if (order?.inclusion?.blockHash !== blockHash) return [];
  const depth = head - order.inclusion.block + 1;
  const events: OrderEvent[] = [];
  if (order.kind === "tentative" && depth >= levelDepth.auditable) events.push({ kind: "auditable", data: { head } });
  const isFinal = depth >= levelDepth.final && order.inclusion.block <= finalBlock;
  if ((order.kind === "auditable" || events.length > 0) && isFinal) events.push({ kind: "final", data: { head } });
  return events;
}

/** Takes an inclusion or a carrier back. Says nothing where the order has since moved on from the block or nonce in question. */
function unconfirm(command: Extract<OrderCommand, { kind: "unconfirm" }>, order: Order | undefined, orderId: string): OrderEvent[] {
  if (command.blockHash !== undefined && order?.inclusion?.blockHash !== command.blockHash) return [];
  if (command.carrier !== undefined && (!order || order.inclusion || !isCarriedBy(order, command.carrier))) return [];
  if (order?.kind === "unconfirmed" && (order.reason === command.reason || command.reason === "reorg")) return [];
  return [allow(order, orderId, { kind: "unconfirmed", data: { reason: command.reason } })];
}

/** One of an older mintd's snapshot does not know its latest second. */
const laterOf = ({ lastSecond, voucher }: Order, second = 0): number => Math.max(lastSecond ?? voucher?.second ?? 0, second);

const failureOf = ({ carrier, reason, refusal }: Extract<OrderCommand, { kind: "fail" }>) => ({
  ...{ txHash: carrier.hash, reason },
  ...(refusal && { refusal }),
});

function allow(order: Order | undefined, orderId: string, event: OrderEvent): OrderEvent {
  const from = order?.kind ?? "unknown";
  if (!allows(from, event.kind)) throw new IllegalTransition(orderId, from, event.kind);
  return event;
}
