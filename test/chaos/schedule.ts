import { type Drawn, faultKinds, type FaultKind } from "./faults/index.ts";
import type { PlannedOrder } from "./orders.ts";
import { Random } from "./random.ts";

export interface ScheduleOptions {
  /** Everything follows from it. */
  readonly seed: number;
  /** Name of the only kind of fault; without it all kinds happen together. */
  readonly fault?: string;
  /** At least 1. */
  readonly orders: number;
  /** At least 1. */
  readonly users: number;
}

/** A fault in its time. */
export interface Entry {
  readonly fault: string;
  /** Block, counted from the beginning of the run, ahead of which it begins. */
  readonly at: number;
  readonly drawn: Drawn;
}

/** Orders that are sent ahead of a block. */
export interface Sending {
  readonly at: number;
  readonly orders: readonly PlannedOrder[];
}

/** What happens in a run, and when. The same options make the same schedule. */
export interface Schedule extends ScheduleOptions {
  /** Blocks until the last fault is over. */
  readonly blocks: number;
  /** By their time. */
  readonly entries: readonly Entry[];
  /** By their time. */
  readonly sendings: readonly Sending[];
}

/** Blocks at the beginning in which nothing goes wrong. */
const calm = 3;
/** Blocks that a fault has for itself, its duration apart: in so many the service can start again. */
const roomPerFault = 12;
/** Blocks in which all kinds happen together. */
const blocksTogether = 160;

/** Names of the kinds of faults. */
export const faultNames: readonly string[] = faultKinds.map(({ name }) => name);

/**
 * Draws a schedule. Pure: no clock, no other randomness.
 * @throws RangeError for a fault of no known kind
 */
export function scheduleOf(options: ScheduleOptions): Schedule {
  const random = new Random(options.seed);
  const { fault } = options;
  if (fault !== undefined && !faultNames.includes(fault))
    throw new RangeError(`no such fault: ${fault}; there are ${faultNames.join(", ")}`);
  const entries =
    fault === undefined
      ? together(random)
      : alone(
          random,
          faultKinds.filter(({ name }) => name === fault),
        );
  const blocks = Math.max(...entries.map(endOf));
  return { ...options, blocks, entries, sendings: sendingsOf(options, blocks, random.derive("orders")) };
}

/** One line for each thing that happens. */
export function explain({ entries, sendings, orders, users, blocks }: Schedule): string[] {
  const faults = entries.map(({ at, fault, drawn }) => {
    const time = drawn.blocks === 0 ? `block ${at}` : `blocks ${at}-${at + drawn.blocks}`;
    return `${time.padEnd(16)} ${fault.padEnd(14)} ${drawn.words}`;
  });
  const [first, last] = [sendings.at(0)?.at ?? 0, sendings.at(-1)?.at ?? 0];
  return [
    ...faults,
    `blocks ${first}-${last}`.padEnd(17) +
      `orders         ${orders} of ${users} users, in ${sendings.length} sendings; faults end by block ${blocks}`,
  ];
}

const endOf = ({ at, drawn }: Entry): number => at + Math.max(1, drawn.blocks);

/** One after the other. */
function alone(random: Random, kinds: readonly FaultKind[]): Entry[] {
  const entries: Entry[] = [];
  let at = calm;
  for (const kind of kinds) {
    const own = random.derive(kind.name);
    for (let i = 0; i < kind.alone; i++) {
      const drawn = kind.draw(own, i);
      entries.push({ fault: kind.name, at: at + own.int(0, 5), drawn });
      at += drawn.blocks + roomPerFault;
    }
  }
  return entries;
}

/** Each kind at any time, but never two that want the same for themselves. */
function together(random: Random): Entry[] {
  const free = new Map<string, Entry[]>();
  for (const kind of faultKinds) {
    const own = random.derive(kind.name);
    const times = own.int(0, kind.most);
    for (let i = 0; i < times; i++) {
      const entry = { fault: kind.name, at: own.int(calm, blocksTogether), drawn: kind.draw(own, undefined) };
      const taken = free.get(kind.resource ?? kind.name) ?? [];
      const overlaps = taken.some((other) => entry.at <= endOf(other) && other.at <= endOf(entry));
      if (!overlaps) free.set(kind.resource ?? kind.name, [...taken, entry]);
    }
  }
  const entries = [...free.values()].flat().sort((a, b) => a.at - b.at);
  return entries.length > 0 ? entries : alone(random, faultKinds.slice(0, 1));
}

/** Users send when they like: a few orders at a time, until shortly before the faults end. */
function sendingsOf({ orders, users }: ScheduleOptions, blocks: number, random: Random): Sending[] {
  const byBlock = new Map<number, PlannedOrder[]>();
  const times = Array.from({ length: orders }, () => random.int(0, Math.max(calm, blocks - 2))).sort((a, b) => a - b);
  const counts = new Map<number, number>();
  for (const at of times) {
    const user = random.int(0, users - 1);
    const number = (counts.get(user) ?? 0) + 1;
    counts.set(user, number);
    byBlock.set(at, [...(byBlock.get(at) ?? []), { key: `user-${user}/order-${number}`, user, quantity: random.int(1, 3) }]);
  }
  return [...byBlock].map(([at, each]) => ({ at, orders: each }));
}
