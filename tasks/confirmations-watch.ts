import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { orderOfStream } from "../src/order/index.ts";
import { openSqliteStore, StoreInUse, type StoredEvent } from "../src/store/index.ts";
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
    const watching = watch(context.storePath, json, over.signal);
    await mintd.start();
    await Promise.race([mintd.minting.idle(), aborted(over.signal)]);
    over.abort();
    await watching;
    if (!json) console.error("nothing is on its way any more");
  } catch (error) {
    if (!(error instanceof StoreInUse)) throw error;
    if (!json) console.error("another mintd is at work on this store; watching it until you press Ctrl+C");
    await watch(context.storePath, json, over.signal);
  }
}

async function watch(path: string, json: boolean, signal: AbortSignal): Promise<void> {
  const store = await openSqliteStore({ path, readOnly: true });
  try {
    for await (const event of store.subscribe(await store.head(), signal)) {
      const orderId = orderOfStream(event.stream);
      if (orderId !== undefined && shown.has(event.kind)) console.log(line(orderId, event, json));
    }
  } finally {
    await store.close();
  }
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
