import {
  decide,
  evolve,
  type Inclusion,
  type MintRequest,
  type Order,
  type OrderCommand,
  type OrderEvent,
} from "../../../src/order/index.ts";

/** A 32-byte id made of a number. */
export const idOf = (n: number): string => `0x${n.toString(16).padStart(64, "0")}`;

export const orderId = idOf(1);
export const lane = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";

export function requestFor(n: number, more: Partial<MintRequest> = {}): MintRequest {
  return {
    orderId: idOf(n),
    tenant: "default",
    key: `key-${n}`,
    to: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    quantity: 1,
    uriDigest: idOf(0),
    ...more,
  };
}

export const inclusionIn = (block: number, txHash: string, fork = 0): Inclusion => ({
  block,
  blockHash: idOf(block * 1_000 + fork),
  txHash,
  firstTokenId: "0",
});

export const hashOf = (nonce: number): string => idOf(900_000 + nonce);
export const carrierOf = (nonce: number) => ({ lane, nonce, hash: hashOf(nonce) });

/** Tells commands one after the other, as the book does. */
export function tell(order: Order | undefined, ...commands: readonly OrderCommand[]): { order: Order | undefined; events: OrderEvent[] } {
  const all: OrderEvent[] = [];
  for (const command of commands) {
    const events = decide(command, order, orderId);
    for (const event of events) order = evolve(order, event, orderId, 1_000);
    all.push(...events);
  }
  return { order, events: all };
}

export const requested: OrderCommand = { kind: "request", request: requestFor(1) };
export const authorised: OrderCommand = { kind: "authorise", voucher: { number: "7", second: 100 } };
export const assigned: OrderCommand = { kind: "assign", carrier: carrierOf(3) };
export const broadcast: OrderCommand = { kind: "broadcast", carrier: carrierOf(3) };
export const included: OrderCommand = { kind: "include", inclusion: inclusionIn(50, hashOf(3)) };

/** The kinds of the events. */
export const kinds = (events: readonly OrderEvent[]): string[] => events.map(({ kind }) => kind);
