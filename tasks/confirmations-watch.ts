import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { orderOfStream } from "../src/order/index.ts";
import { type EventStore, openSqliteStore, type Position, StoreInUse, type StoredEvent } from "../src/store/index.ts";
import { minterNamed } from "./arguments.ts";
import { openMintdFor, type TaskContext, taskContext } from "./context.ts";
import { stopOnSignal } from "./interrupt.ts";
import { reporting } from "./print.ts";

interface Args {
  readonly minter: string;
  readonly json: boolean;
}

const shown = new Set(["tentative", "auditable", "final", "unconfirmed"]);

const action: NewTaskActionFunction<Args> = ({ minter, json }, hre) =>
  reporting(json, async () => {
    const context = await taskContext(hre);
    const over = new AbortController();
    const unlisten = stopOnSignal(() => {
      over.abort();
    });
    try {
      await driveOrWatch(context, minter, json, over);
    } finally {
      unlisten();
    }
  });

/** Follows what is not final yet; where another mintd has the store already does the work, only looks on. */
async function driveOrWatch(context: TaskContext, minter: string, json: boolean, over: AbortController): Promise<void> {
  try {
    await using mintd = await openMintdFor(context, minterNamed(minter));
    const watching = watch(mintd.store, await mintd.store.head(), json, over.signal);
    try {
      await mintd.start();
      await Promise.race([mintd.minting.idle(), aborted(over.signal)]);
    } finally {
      over.abort();
    }
    for await (const event of mintd.store.readAll(await watching)) show(event, json); // what came just before the end
    if (!json) console.error("nothing is on its way any more");
  } catch (error) {
    if (!(error instanceof StoreInUse)) throw error;
    if (!json) console.error("another mintd is at work on this store; watching it until you press Ctrl+C");
    const store = await openSqliteStore({ path: context.storePath, readOnly: true });
    try {
      await watch(store, await store.head(), json, over.signal);
    } finally {
      await store.close();
    }
  }
}

/** Shows what comes after `from` until `signal` aborts; returns how far that was. */
async function watch(store: EventStore, from: Position, json: boolean, signal: AbortSignal): Promise<Position> {
  let last = from;
  for await (const event of store.subscribe(from, signal)) {
    show(event, json);
    last = event.position;
  }
  return last;
}

function show(event: StoredEvent, json: boolean): void {
  const orderId = orderOfStream(event.stream);
  if (orderId !== undefined && shown.has(event.kind)) console.log(line(orderId, event, json));
}

function line(orderId: string, { kind, at, data }: StoredEvent, json: boolean): string {
  if (json) return JSON.stringify({ orderId, level: kind, at, ...(data as object) });
  const { block, head, reason } = data as { block?: number; head?: number; reason?: string };
  return `${new Date(at).toISOString()} ${orderId} ${kind} ${reason ?? `at block ${block ?? head ?? "?"}`}`;
}

async function aborted(signal: AbortSignal): Promise<void> {
  if (signal.aborted) return;
  const { promise, resolve } = Promise.withResolvers<undefined>();
  signal.addEventListener("abort", () => {
    resolve(undefined);
  });
  await promise;
}

export default action;
