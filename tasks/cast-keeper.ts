import { formatEther } from "ethers";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { follow, Keeper, type KeeperEvent, type LeastGain, moreThanGas, settled, VaultKeeper } from "../src/cast/index.ts";
import { networkOf } from "../src/chain/index.ts";
import { systemClock } from "../src/clock.ts";
import { castKeeperTelemetry } from "../src/telemetry/index.ts";
import { amountOf } from "./arguments.ts";
import { accountAt, type CastContext, castContext } from "./cast-context.ts";
import { stopOnSignal } from "./interrupt.ts";
import { servedMetrics } from "./keeper-metrics.ts";
import { describeError, jsonLine, plainEvent, print, reporting } from "./print.ts";

interface Args {
  readonly once: boolean;
  readonly minGain: string;
  readonly as: number;
  readonly metricsPort: number;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ once, minGain, as, metricsPort, json }, hre) =>
  reporting(json, async () => {
    const meter = await servedMetrics(metricsPort, () => castKeeperTelemetry({ clock: systemClock }));
    const cast = await castContext(hre);
    const leastGain = leastGainOf(minGain, cast);
    const account = await accountAt(cast, as, json);
    const { deployment, vault } = cast;
    const chain = new VaultKeeper(vault, account, deployment.block, leastGain);
    const { pollMs } = networkOf(deployment.chainId);
    const over = new AbortController();
    const unlisten = stopOnSignal(() => {
      over.abort();
    });
    const events: KeeperEvent[] = [];
    const onEvent = (event: KeeperEvent): void => {
      meter(event);
      if (once) events.push(event);
      if (json && !once) console.log(jsonLine(event));
      const words = json ? undefined : wordsOf(event);
      if (words !== undefined) console.log(words);
    };
    const options = { signal: over.signal, onEvent, pause: (signal: AbortSignal) => systemClock.pause(pollMs, signal) };
    const keeper = new Keeper(chain, { onEvent });
    try {
      if (once) await keeper.pass();
      else await follow(keeper, chain, options);
      await settled(keeper, options);
    } finally {
      unlisten();
    }
    if (keeper.inFlight > 0)
      console.error(`${keeper.inFlight} transaction(s) are on their way: the next run with this account goes on with them`);
    if (once && json) print(true, { account: account.address, events: events.map(plainEvent) }, () => "");
    if (once && (keeper.inFlight > 0 || hasFailed(events))) process.exitCode = 1;
  });

/** @throws InvalidArgument */
function leastGainOf(text: string, { context, contracts }: Pick<CastContext, "context" | "contracts">): LeastGain {
  if (text === "gas") return moreThanGas(context.rpc, contracts.WETH.address);
  const least = text === "none" ? undefined : amountOf("--min-gain", text, 18, "cast:keeper --min-gain 0.5, or gas, or none");
  return () => Promise.resolve(least);
}

/** Whether something failed, and no reorg took that back. */
export function hasFailed(events: readonly KeeperEvent[]): boolean {
  const ends = new Map(events.map((event, i) => [("first" in event && event.first) || i, event.kind]));
  return [...ends.values()].includes("failed");
}

function wordsOf(event: KeeperEvent): string | undefined {
  switch (event.kind) {
    case "surveyed":
      return event.short === 0 ? undefined : `block ${event.block}: ${event.short} of ${event.positions} position(s) to liquidate`;
    case "sent":
      return `${event.partial ? "part of " : ""}${event.account}: pays ${formatEther(event.repaidD18)} cast in ${event.hash}`;
    case "liquidated":
      return `${event.account}: liquidated in block ${event.block} by ${event.hash}`;
    case "unconfirmed":
      return `${event.account}: the chain took block ${event.block} with ${event.hash} back; it is on its way again`;
    case "failed":
      return `${event.account}: ${describeError(event.error)}`;
    case "trouble":
      return describeError(event.error);
  }
}

export default action;
