// A worker thread that finds witnesses, so that who asks for a proof is not held up by the arithmetic.
import { readFileSync } from "node:fs";
import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { WitnessRefused } from "./errors.ts";
import { type WitnessInputs, WitnessProgram } from "./witness-program.ts";

export type WitnessAnswer =
  | { readonly kind: "found"; readonly witness: Uint8Array }
  | { readonly kind: "refused"; readonly where: readonly string[]; readonly problem: string }
  | { readonly kind: "failed"; readonly problem: string };

if (!isMainThread && parentPort !== null) {
  const port = parentPort;
  const program = new WitnessProgram(new Uint8Array(readFileSync(workerData as string)));
  const find = (inputs: WitnessInputs): WitnessAnswer => {
    try {
      return { kind: "found", witness: program.witness(inputs) };
    } catch (error) {
      if (error instanceof WitnessRefused) return { kind: "refused", where: error.where, problem: error.problem };
      return { kind: "failed", problem: error instanceof Error ? error.message : String(error) };
    }
  };
  port.on("message", (inputs: WitnessInputs) => {
    port.postMessage(find(inputs));
  });
}
