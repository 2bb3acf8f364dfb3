import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { type ClockReport, watchClock } from "../src/chain/index.ts";
import { systemClock } from "../src/clock.ts";
import { type TaskContext, taskContext } from "./context.ts";
import { stopOnSignal } from "./interrupt.ts";
import { describeError, factTable, print, reporting } from "./print.ts";

interface Args {
  readonly blocks: number;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ blocks, json }, hre) =>
  reporting(json, async () => {
    const context = await taskContext(hre);
    const over = new AbortController();
    const unlisten = stopOnSignal(() => {
      over.abort();
    });
    try {
      const report = await watch(context, blocks, over.signal);
      print(json, report, () => factTable(factsOf(report)));
    } finally {
      unlisten();
      await context.endpoints?.close();
    }
  });

function watch({ rpc, config }: TaskContext, blocks: number, signal: AbortSignal): Promise<ClockReport> {
  return watchClock({
    ...{ rpc, signal, clock: systemClock, monotonic: () => performance.now() },
    blocks: blocks === 0 ? undefined : blocks,
    sources: config.clock.sources,
    pollMs: config.rpc.pollMs,
    onBlock(seen, { samples, boundMs }) {
      console.error(`${seen} blocks seen, ${samples} of them in the window, bound ${milliseconds(boundMs)}`);
    },
    onTrouble(error) {
      console.error(describeError(error));
    },
  });
}

function factsOf(report: ClockReport): [string, string | number][] {
  const { network, slotMs, blocks, samples, nowMs, boundMs, doubt, sources, agreeing, aheadOfSystemMs, lastBlockAheadMs } = report;
  return [
    ["network", network],
    ["slot", milliseconds(slotMs)],
    ["blocks seen", blocks],
    ["samples", samples],
    ["time sources", sources],
    ["of blocks and sources agree", agreeing],
    ["chain time", nowMs === undefined ? "-" : new Date(nowMs).toISOString()],
    ["ahead of this machine's clock", milliseconds(aheadOfSystemMs)],
    ["the same by the newest block alone", milliseconds(lastBlockAheadMs)],
    ["error bound", milliseconds(boundMs)],
    ["hybrid vouchers may be issued", doubt === undefined ? "yes" : `no: ${doubt}`],
  ];
}

const milliseconds = (ms: number | undefined): string =>
  ms === undefined || !Number.isFinite(ms) ? "-" : `${Math.round(ms).toLocaleString("en-US")} ms`;

export default action;
