import { openSync, writeSync } from "node:fs";
import { HttpRpc, RpcPool } from "../../../src/chain/index.ts";
import { configSchema } from "../../../src/config/schema.ts";
import { MintdError } from "../../../src/error.ts";
import { type Mintd, openMintd } from "../../../src/mintd.ts";
import { Secret } from "../../../src/secret.ts";
import type { Reach, WriteAheadPoint } from "../../../src/write-ahead.ts";
import { requestFor } from "../orders.ts";
import { fasterClock } from "./clock.ts";
import type { Command, ServiceOptions, Word } from "./protocol.ts";

// The whole service in a process of its own. It is told by messages what to mint and where to die, and says what became of it.

const say = (word: Word): void => {
  process.send?.(word);
};

function secretOf(name: string): Secret {
  const value = process.env[name];
  if (value === undefined) throw new TypeError(`${name} is missing`);
  return new Secret(value);
}

/** Ends the process as a power cut would, at the n-th reach of a point; writes down each reach. */
class Doom {
  readonly #log: number;
  readonly #left = new Map<WriteAheadPoint, number>();

  constructor(file: string) {
    this.#log = openSync(file, "a");
  }

  arm(point: WriteAheadPoint, reach: number): void {
    this.#left.set(point, reach);
  }

  readonly reach: Reach = (point) => {
    const left = this.#left.get(point);
    if (left !== undefined) this.#left.set(point, left - 1);
    const dies = left === 1;
    writeSync(this.#log, `${point}${dies ? " killed" : ""}\n`);
    if (dies) process.kill(process.pid, "SIGKILL");
  };
}

async function serve(): Promise<void> {
  const options = JSON.parse(process.env["CHAOS_SERVICE"] ?? "{}") as ServiceOptions;
  const doom = new Doom(options.reachedPath);
  const started = Promise.withResolvers<Mintd>();
  started.promise.catch(end);
  let accepting: Promise<void> = Promise.resolve();
  const obey = (command: Command): void => {
    switch (command.kind) {
      case "die at":
        doom.arm(command.point, command.reach);
        break;
      case "mint": // one after the other, so that a user's orders are accepted in the order in which they were sent
        accepting = accepting.then(async () => accept(await started.promise, command.orders)).catch(end);
        break;
      case "say when idle":
        sayWhenIdle(started.promise).catch(end);
    }
  };
  process.on("message", obey);

  const settings = configSchema.parse(options.settings);
  const { deployment, storePath } = options;
  const clock = fasterClock(options.speed);
  const rpc = await RpcPool.open({
    endpoints: options.urls.map((url, i) => ({ name: `endpoint ${i + 1}`, rpc: new HttpRpc({ url, timeoutMs: settings.rpc.timeoutMs }) })),
    chainId: deployment.chainId,
    clock,
    onTrouble: trouble,
  });
  rpc.start();
  const opened = await openMintd({
    config: settings,
    rpc,
    deployment,
    storePath,
    laneKeys: secretOf("CHAOS_LANE_KEYS")
      .reveal()
      .split(",")
      .map((key) => new Secret(key)),
    voucherKey: secretOf("CHAOS_VOUCHER_KEY"),
    clock,
    onTrouble: trouble,
    onNotice: (notice) => {
      const { kind, lane, ...rest } = notice;
      console.error(`lane ${lane}: ${kind}${"nonce" in rest ? ` nonce ${rest.nonce}` : ""}`);
    },
    onReorg: (orphaned) => {
      console.error(`reorg of ${orphaned.length} blocks from ${orphaned.at(-1)?.number ?? "?"}`);
    },
    reach: doom.reach,
  });
  process.once("SIGTERM", () => void opened.stop().then(() => process.exit(0), end));
  opened.minting.failure.catch(end);
  opened.book.listen((order, event) => {
    say({ kind: "announced", orderId: order.request.orderId, version: order.version, event });
  });
  await opened.start();
  started.resolve(opened);
  say({ kind: "ready" });
}

async function sayWhenIdle(started: Promise<Mintd>): Promise<void> {
  await (await started).minting.idle();
  say({ kind: "idle" });
}

async function accept(mintd: Mintd, orders: Extract<Command, { kind: "mint" }>["orders"]): Promise<void> {
  const outcomes = await mintd.minting.submit(orders.map(requestFor));
  for (const outcome of outcomes) if (outcome.outcome === "conflict") throw outcome.error;
  say({ kind: "accepted", keys: orders.map(({ key }) => key) });
}

function trouble(error: unknown): void {
  console.error("trouble", describe(error));
}

/** Code and message of an error and of what caused it; the stack of one that nobody foresaw. */
function describe(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const words = error instanceof MintdError ? `${error.code} ${error.message}` : (error.stack ?? error.message);
  return error.cause === undefined ? words : `${words}; because of ${describe(error.cause)}`;
}

/** What stops the service stops its process; whoever supervises it starts another. */
function end(error: unknown): void {
  console.error("fatal", describe(error));
  process.exit(1);
}

if (import.meta.main) await serve().catch(end);
