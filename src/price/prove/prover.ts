import type { Proof } from "./verifying-key.ts";
import type { WitnessInputs } from "./witness-program.ts";

/** What a prover is doing for a proof. */
export type ProvingStage = "waiting" | "witness" | "proving" | "checking";

export interface ProveOptions {
  /** Gives up: nothing is computed any more, and `prove` rejects with the signal's reason. */
  readonly signal?: AbortSignal;
  readonly onProgress?: (stage: ProvingStage) => void;
}

/** A proof that was checked. */
export interface Proven {
  readonly proof: Proof;
  /** In the circuit's order. */
  readonly publicInputs: readonly bigint[];
  readonly backend: string;
  readonly took: {
    readonly witnessMs: number;
    readonly provingMs: number;
    /** The most memory that the prover's process ever held, in bytes. */
    readonly peakMemory: number;
  };
}

/** Makes proofs of one circuit under one key. They begin in the order in which they were asked for. */
export interface Prover {
  /** Which implementation this is. */
  readonly backend: string;
  /**
   * A proof for these inputs, checked against the verifying key.
   * @throws WitnessRefused the inputs break a constraint
   * @throws ProverBusy, ProverClosed, ProverFailed, ProofInvalid
   */
  prove(inputs: WitnessInputs, options?: ProveOptions): Promise<Proven>;
  /** Ends the processes behind it; proofs that were asked for are refused with ProverClosed. Safe to call twice. */
  close(): Promise<void>;
}

/** A long-lived process behind a prover, with key and witness program loaded. */
export interface ProverProgram {
  /** Whether it ended by itself, as far as is known: it makes no more proofs. `end` is still called. */
  readonly ended: boolean;
  /** One at a time. @throws WitnessRefused, ProverFailed */
  prove(inputs: WitnessInputs, onProgress: (stage: ProvingStage) => void): Promise<Omit<Proven, "backend">>;
  /** Ends it at once, whatever it does. Resolves when it is gone. */
  end(): Promise<void>;
}
