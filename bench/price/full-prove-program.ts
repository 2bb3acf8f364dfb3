// SPDX-License-Identifier: GPL-3.0-only
// The other side of bench/price/proving.ts: snarkjs' own fullProve, as its documents show it, in a process that stays.
import { groth16 } from "snarkjs";

export interface FullProveRequest {
  readonly inputs: Record<string, string | string[]>;
  readonly witnessProgram: string;
  readonly provingKey: string;
}
export interface FullProveAnswer {
  readonly ms: number;
  readonly peakMemory: number;
}

if (process.argv[1] === import.meta.filename) {
  process.on("message", ({ inputs, witnessProgram, provingKey }: FullProveRequest) => {
    const started = performance.now();
    void groth16.fullProve(inputs, witnessProgram, provingKey).then(() => {
      process.send?.({ ms: performance.now() - started, peakMemory: process.resourceUsage().maxRSS * 1_024 } satisfies FullProveAnswer);
    });
  });
  process.once("disconnect", () => process.exit());
}
