import { HttpRpc } from "../../src/chain/index.ts";
import { systemClock } from "../../src/clock.ts";
import { configSchema } from "../../src/config/schema.ts";
import { requestOf } from "../../src/list/mint-list.ts";
import { type Mintd, openMintd } from "../../src/mintd.ts";
import { Secret } from "../../src/secret.ts";
import { shortOf } from "./callers.ts";
import { firstLane, idOf, type Job, keyAt, keyOf, receiverOf, tenant, voucherAccount, type Word } from "./protocol.ts";

/** Hands all mints over at once. Where the service ends with an error, it is started again, as a supervisor does. */
export async function mintWithMintd(job: Job, tell: (word: Word) => void): Promise<void> {
  const numbers = new Map(job.mints.map((mint) => [idOf(mint) as string, mint]));
  const told = new Set<number>();
  for (;;) {
    let mintd: Mintd | undefined;
    try {
      mintd = await open(job);
      await serve(mintd, job, numbers, told, tell);
      return;
    } catch (error) {
      tell({ kind: "trouble", error: shortOf(error) });
      await mintd?.stop().catch(() => undefined);
      await systemClock.pause(250);
    }
  }
}

function open(job: Job): Promise<Mintd> {
  const { contender, pollMs } = job;
  return openMintd({
    config: configSchema.parse({ rpc: { pollMs, timeoutMs: 2_000 }, batch: { maxItems: contender.maxItems, maxWaitMs: pollMs } }),
    rpc: new HttpRpc({ url: job.url, timeoutMs: 2_000 }),
    deployment: job.deployment,
    storePath: job.storePath,
    laneKey: new Secret(keyAt(firstLane)),
    voucherKey: new Secret(keyAt(voucherAccount)),
  });
}

/** Resolves when every mint is final or rejected. @throws what stops minting */
async function serve(
  mintd: Mintd,
  job: Job,
  numbers: ReadonlyMap<string, number>,
  told: Set<number>,
  tell: (word: Word) => void,
): Promise<void> {
  await mintd.start();
  const over = Promise.withResolvers<undefined>();
  const included = new Set<number>();
  let waits = false;
  const follow = (mint: number, kind: string, reason: string): void => {
    if (kind === "tentative") {
      included.add(mint);
      tell({ kind: "acknowledged", mint, at: Date.now() });
    }
    if (kind === "unconfirmed") included.delete(mint);
    if ((kind === "final" || kind === "rejected") && !told.has(mint)) {
      told.add(mint);
      included.add(mint);
      tell(kind === "final" ? { kind: "confirmed", mint } : { kind: "failed", mint, error: reason });
    }
    if (told.size === numbers.size) over.resolve(undefined);
    if (included.size === numbers.size && !waits) tell({ kind: "waits for depth" });
    waits = included.size === numbers.size;
  };
  mintd.book.listen((order, { kind }) => {
    const mint = numbers.get(order.request.orderId);
    if (mint !== undefined) follow(mint, kind, order.reason ?? "");
  });
  const requests = job.mints.map((mint) =>
    requestOf({ line: mint + 1, id: keyOf(mint), to: receiverOf(mint), quantity: 1, uri: "" }, tenant),
  );
  tell({ kind: "accepted", mints: job.mints, at: Date.now() });
  for (const outcome of await mintd.minting.submit(requests)) {
    if (outcome.outcome === "conflict") throw new Error("a mint is in conflict with itself");
    const { order } = outcome;
    const mint = numbers.get(order.request.orderId);
    // What a former run knew already is said by no event.
    const now = mint === undefined ? undefined : mintd.book.get(order.request.orderId);
    if (mint === undefined || !now) continue;
    if (now.kind === "final" || now.kind === "rejected") follow(mint, now.kind, now.reason ?? "");
    else if (now.inclusion && !included.has(mint)) follow(mint, "tentative", "");
  }
  await Promise.race([over.promise, mintd.minting.failure]);
  await mintd.stop();
}
