import { allows, type Order, type OrderEvent, orderOfStream, evolve } from "../../../src/order/index.ts";
import type { StoredEvent } from "../../../src/store/index.ts";
import { finalDepth } from "../chain/index.ts";
import type { Mint } from "./mints.ts";
import type { Problem } from "./problem.ts";

/** An event that the service announced while it ran. */
export interface Announcement {
  readonly orderId: string;
  readonly version: number;
  readonly event: OrderEvent;
  /** Greatest height that any chain had shown when it was heard. */
  readonly highest: number;
}

/** The life of one order as the store has it. */
export interface History {
  readonly orderId: string;
  /** Position of its first event: the order of acceptance. */
  readonly position: number;
  readonly events: readonly OrderEvent[];
  readonly last: Order;
}

/** Every order's events, replayed. */
export function historiesOf(stored: readonly StoredEvent[]): Map<string, History> {
  const histories = new Map<string, History>();
  for (const { stream, kind, data, at, position } of stored) {
    const orderId = orderOfStream(stream);
    if (orderId === undefined) continue;
    const event = { kind, data } as OrderEvent;
    const before = histories.get(orderId);
    const last = evolve(before?.last, event, orderId, at);
    histories.set(orderId, { orderId, position: before?.position ?? position, events: [...(before?.events ?? []), event], last });
  }
  return histories;
}

const isLevel = (kind: string): boolean => ["tentative", "auditable", "final"].includes(kind);

/** Every event was allowed, the number stayed, no level was told twice for one inclusion, and what was announced is what was stored. */
export function auditHistories(histories: ReadonlyMap<string, History>, announced: readonly Announcement[]): Problem[] {
  const problems: Problem[] = [];
  for (const { orderId, events } of histories.values()) {
    let state: OrderEvent["kind"] | "unknown" = "unknown";
    let told = new Set<string>();
    const numbers = new Set<string>();
    for (const event of events) {
      if (!allows(state, event.kind)) problems.push({ law: "history", words: `${orderId}: ${event.kind} after ${state}` });
      state = event.kind;
      if (event.kind === "authorised") numbers.add(event.data.number);
      if (event.kind === "unconfirmed") told = new Set();
      if (!isLevel(event.kind)) continue;
      if (told.has(event.kind)) problems.push({ law: "level told twice", words: `${orderId}: ${event.kind} twice for one inclusion` });
      told.add(event.kind);
    }
    if (numbers.size > 1) problems.push({ law: "history", words: `${orderId} had the voucher numbers ${[...numbers].join(", ")}` });
  }
  return [...problems, ...auditAnnouncements(histories, announced)];
}

function auditAnnouncements(histories: ReadonlyMap<string, History>, announced: readonly Announcement[]): Problem[] {
  const heard = new Set<string>();
  return announced.flatMap(({ orderId, version, event }): Problem[] => {
    const name = `${orderId} version ${version}`;
    const again = heard.has(name);
    heard.add(name);
    const stored = histories.get(orderId)?.events[version - 1];
    if (again) return [{ law: "level told twice", words: `${name} was announced twice (${event.kind})` }];
    if (JSON.stringify(stored) === JSON.stringify(event)) return [];
    return [{ law: "history", words: `${name} was announced as ${event.kind}, stored is ${stored?.kind ?? "nothing"}` }];
  });
}

/** What was called final is on the chain where it was said to be, and was 32 deep then and is so now. */
export function auditFinals(
  histories: ReadonlyMap<string, History>,
  announced: readonly Announcement[],
  chain: { readonly tip: number; readonly mints: readonly Mint[] },
): Problem[] {
  const highestAt = new Map(announced.map((one) => [`${one.orderId} ${one.version}`, one.highest]));
  const minted = new Map(chain.mints.map((mint) => [mint.orderId, mint]));
  const problems: Problem[] = [];
  const wrong = (words: string): void => void problems.push({ law: "false final", words });
  for (const { orderId, events, last } of histories.values()) {
    const index = events.findIndex(({ kind }) => kind === "final");
    const final = events[index];
    if (final?.kind !== "final") continue;
    const mint = minted.get(orderId);
    const { inclusion } = last;
    if (!inclusion || !mint) {
      wrong(`${orderId} was called final and is not on the chain`);
      continue;
    }
    if (mint.blockHash !== inclusion.blockHash)
      wrong(
        `${orderId} was called final in block ${inclusion.block} ${inclusion.blockHash}, the chain has it in ${mint.block} ${mint.blockHash}`,
      );
    const { head } = final.data;
    if (head - inclusion.block + 1 < finalDepth) wrong(`${orderId} in block ${inclusion.block} was called final under head ${head}`);
    const highest = highestAt.get(`${orderId} ${index + 1}`);
    if (highest !== undefined && head > highest)
      wrong(`${orderId} was called final under head ${head}, when no chain was higher than ${highest}`);
    if (chain.tip - mint.block + 1 < finalDepth) wrong(`${orderId} was called final and is ${chain.tip - mint.block + 1} deep`);
  }
  return problems;
}
