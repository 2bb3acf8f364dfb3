import { openSync, writeSync } from "node:fs";
import { HttpRpc } from "../../../src/chain/index.ts";
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
  const waiting: Command[] = [];
  let mintd: Mintd | undefined;
  let accepting: Promise<void> = Promise.resolve();

  const obey = (command: Command): void => {
    if (command.kind === "die at") doom.arm(command.point, command.reach);
    else if (!mintd) waiting.push(command);
    else if (command.kind === "mint") accepting = accepting.then(() => accept(mintd as Mintd, command.orders)).catch(end);
    else mintd.minting.idle().then(() => {
        say({ kind: "idle" });
      }, end);
  };
  process.on("message", obey);

  const settings = configSchema.parse(options.settings);
  const { deployment, storePath } = options;
  const opened = await openMintd({
    config: settings,
    rpc: new HttpRpc({ url: options.urls[0] ?? "", timeoutMs: settings.rpc.timeoutMs }),
    deployment,
    storePath,
    laneKey: secretOf("CHAOS_LANE_KEY"),
    voucherKey: secretOf("CHAOS_VOUCHER_KEY"),
    clock: fasterClock(options.speed),
    onTrouble: (error) => {
      console.error("trouble", describe(error));
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
  mintd = opened;
  say({ kind: "ready" });
  for (const command of waiting) obey(command);
}

async function accept(mintd: Mintd, orders: Extract<Command, { kind: "mint" }>["orders"]): Promise<void> {
  const outcomes = await mintd.minting.submit(orders.map(requestFor));
  for (const outcome of outcomes) if (outcome.outcome === "conflict") throw outcome.error;
  say({ kind: "accepted", keys: orders.map(({ key }) => key) });
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
