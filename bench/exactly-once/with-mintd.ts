import { HttpRpc, RpcPool } from "../../src/chain/index.ts";
import { systemClock } from "../../src/clock.ts";
import { configSchema } from "../../src/config/schema.ts";
import { requestOf } from "../../src/list/mint-list.ts";
import { type Mintd, openMintd } from "../../src/mintd.ts";
import type { Order } from "../../src/order/index.ts";
import { Secret } from "../../src/secret.ts";
import { shortOf } from "./callers.ts";
import { firstLane, idOf, type Job, keyAt, keyOf, type Line, receiverOf, tenant, voucherAccount } from "./protocol.ts";

/** Hands all mints over at once, those of the warm-up first to the same service. Where the service ends with an error, it is started again, as a supervisor does. */
export async function mintWithMintd(job: Job, { tell, warm }: Line): Promise<void> {
  const told = new Set<number>();
  let isWarm = false;
  for (;;) {
    let mintd: Mintd | undefined;
    try {
      await using pool = await openPool(job);
      mintd = await open(job, pool);
      await mintd.start();
      if (!isWarm) {
        await serve(mintd, { mints: job.warmUp, underway: [] }, new Set(), tell);
        await warm();
        isWarm = true;
      }
      await serve(mintd, job, told, tell);
      await mintd.stop();
      return;
    } catch (error) {
      tell({ kind: "trouble", error: shortOf(error) });
      await mintd?.stop().catch(() => undefined);
      await systemClock.pause(250);
    }
  }
}

/** As the tasks open it on a network of one URL. */
function openPool({ url, chainId }: Job): Promise<RpcPool> {
  const http = new HttpRpc({ url, timeoutMs: 2_000 });
  return RpcPool.open({ endpoints: [{ name: http.name, rpc: http }], chainId, clock: systemClock });
}

function open(job: Job, rpc: RpcPool): Promise<Mintd> {
  const { contender, pollMs } = job;
  return openMintd({
    // The list is there as a whole: a batch that is not full has nothing to wait for.
    config: configSchema.parse({ rpc: { pollMs, timeoutMs: 2_000 }, batch: { maxItems: contender.maxItems, maxWaitMs: 0 } }),
    rpc,
    deployment: job.deployment,
    storePath: job.storePath,
    laneKeys: Array.from({ length: contender.lanes }, (_, lane) => new Secret(keyAt(firstLane + lane))),
    voucherKey: new Secret(keyAt(voucherAccount)),
  });
}

/** Resolves when every mint is final or rejected; those that are `told` are. @throws what stops minting */
async function serve(
  mintd: Mintd,
  { mints, underway }: Pick<Job, "mints" | "underway">,
  told: Set<number>,
  tell: Line["tell"],
): Promise<void> {
  const numbers = new Map([...underway, ...mints].map((mint) => [idOf(mint) as string, mint]));
  if (told.size === numbers.size) return;
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
  // What a former run knew already is said by no event.
  const take = (mint: number, order: Order): void => {
    if (order.kind === "final" || order.kind === "rejected") follow(mint, order.kind, order.reason ?? "");
    else if (order.inclusion && !included.has(mint)) follow(mint, "tentative", "");
  };
  const stopListening = mintd.book.listen((order, { kind }) => {
    const mint = numbers.get(order.request.orderId);
    if (mint !== undefined) follow(mint, kind, order.reason ?? "");
  });
  const requests = mints.map((mint) => requestOf({ line: mint + 1, id: keyOf(mint), to: receiverOf(mint), quantity: 1, uri: "" }, tenant));
  for (const mint of underway) take(mint, await mintd.book.find(idOf(mint)));
  tell({ kind: "accepted", mints, at: Date.now() });
  for (const outcome of await mintd.minting.submit(requests)) {
    if (outcome.outcome === "conflict") throw new Error("a mint is in conflict with itself");
    const { order } = outcome;
    const mint = numbers.get(order.request.orderId);
    if (mint !== undefined) take(mint, mintd.book.get(order.request.orderId) ?? order);
  }
  await Promise.race([over.promise, mintd.minting.failure]);
  stopListening();
}
