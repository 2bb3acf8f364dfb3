import { feeCap, feeSpike } from "./base-fee.ts";
import { clockStep } from "./clock-step.ts";
import { diskFull, syncFails } from "./disk.ts";
import { down } from "./down.ts";
import { drop } from "./drop.ts";
import { duplicate } from "./duplicate.ts";
import type { FaultKind } from "./fault.ts";
import { fork } from "./fork.ts";
import { kill, killAt } from "./kill.ts";
import { lag } from "./lag.ts";
import { loseResponse } from "./lose-response.ts";
import { noFunds } from "./no-funds.ts";
import { reject } from "./reject.ts";
import { reorg } from "./reorg.ts";
import { restart } from "./restart.ts";
import { stale } from "./stale.ts";

export { feeCapGwei } from "./base-fee.ts";
export { type Drawn, type End, endpointCount, type FaultKind, type Stage } from "./fault.ts";

/** Everything that can go wrong here. */
export const faultKinds: readonly FaultKind[] = [
  reject,
  loseResponse,
  drop,
  duplicate,
  stale,
  lag,
  fork,
  down,
  restart,
  feeSpike,
  feeCap,
  noFunds,
  reorg,
  kill,
  killAt,
  diskFull,
  syncFails,
  clockStep,
];
