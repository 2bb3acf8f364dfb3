import { randomBytes } from "node:crypto";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { Forked } from "../../src/forked.ts";
import { CeremonyFailed } from "./errors.ts";
import type { KnownContributions } from "./known-contributions.ts";
import type { Phase2Answer, Phase2Job, Phase2Value } from "./phase2-program.ts";

/** A value that nobody could foresee and everybody can look up, and how often it is hashed: 2^iterationsExponent times. */
export interface Beacon {
  readonly value: string;
  readonly iterationsExponent: number;
}

/** Phase 2 of a Groth16 ceremony over files. One step at a time; the program behind it goes with `close`. */
export class Phase2 {
  readonly #program = new Forked(join(import.meta.dirname, "phase2-program.ts"));
  readonly #onProgress: (words: string) => void;

  constructor(onProgress: (words: string) => void = () => undefined) {
    this.#onProgress = onProgress;
  }

  /** Makes a key without any contribution: not to be used yet. Returns the digest of the circuit. */
  begin(r1cs: string, powers: string, out: string): Promise<string> {
    return this.#hash({ kind: "begin", r1cs, powers, out });
  }

  /** Mixes in what only this process knows, and forgets it. Returns the contribution's hash, for its giver to publish. */
  contribute(key: string, out: string, name: string): Promise<string> {
    return this.#hash({ kind: "contribute", key, out, name, entropy: randomBytes(64).toString("hex") });
  }

  /** Mixes in a public value, so that whoever contributed last could not choose the outcome. Returns its hash. */
  beacon(key: string, out: string, beacon: Beacon): Promise<string> {
    if (!/^(?:[0-9a-f]{2}){16,255}$/.test(beacon.value)) {
      throw new CeremonyFailed("a beacon has 16 to 255 bytes in lower hexadecimal digits");
    }
    return this.#hash({ kind: "beacon", key, out, name: "beacon", ...beacon });
  }

  /** Contributions and a beacon to a development key, with the numbers that `contribute` forgets. */
  async contributeKnown(circuitHash: string, names: readonly string[], beacon: Beacon): Promise<KnownContributions> {
    const value = await this.#ask({ kind: "contributeKnown", circuitHash, names, beacon: { name: "beacon", ...beacon } });
    if (typeof value !== "object") throw new CeremonyFailed("phase 2 gave no contributions");
    return value;
  }

  /** Whether a key comes from this circuit and these powers by nothing but its contributions. Takes as long as `begin`. */
  async verify(r1cs: string, powers: string, key: string): Promise<boolean> {
    return (await this.#ask({ kind: "verify", r1cs, powers, key })) === true;
  }

  /** Whether a key comes from the one that phase 2 began with by nothing but its contributions. Its powers may be unprepared. */
  async verifyFrom(begun: string, powers: string, key: string): Promise<boolean> {
    return (await this.#ask({ kind: "verifyFrom", begun, powers, key })) === true;
  }

  close(): void {
    void this.#program.kill();
  }

  /** A key that is there is somebody's, maybe the only one with all contributions, maybe the one that is read. */
  async #hash(job: Extract<Phase2Job, { readonly out: string }>): Promise<string> {
    if (existsSync(job.out)) throw new CeremonyFailed(`${job.out} is there already, and no step writes over a file: name another place`);
    try {
      const value = await this.#ask(job);
      if (typeof value !== "string") throw new CeremonyFailed("phase 2 gave no hash");
      return value;
    } catch (error) {
      rmSync(job.out, { force: true }); // half written, and would refuse the next try
      throw error;
    }
  }

  #ask(job: Phase2Job): Promise<Phase2Value> {
    return this.#program.ask<Phase2Answer, Phase2Value>(job, {
      hear: (answer, { resolve, reject }) => {
        if (answer.kind === "progress") this.#onProgress(answer.words);
        else if (answer.kind === "done") resolve(answer.value);
        else reject(new CeremonyFailed(answer.message));
      },
      failed: (why) => new CeremonyFailed(`the program of phase 2: ${why}`),
    });
  }
}
