// SPDX-License-Identifier: GPL-3.0-only
// A program of its own: does one step of phase 2 after the other with snarkjs, hence its licence. Jobs come over the channel
// that `fork` makes; each is answered with its value or with what went wrong.
import { zKey } from "snarkjs";
import { contributeKnown, type Contributors, type KnownContributions } from "./known-contributions.ts";

/** Files are paths. Hashes are hexadecimal. */
export type Phase2Job =
  | { readonly kind: "begin"; readonly r1cs: string; readonly powers: string; readonly out: string }
  | { readonly kind: "contribute"; readonly key: string; readonly out: string; readonly name: string; readonly entropy: string }
  | {
      readonly kind: "beacon";
      readonly key: string;
      readonly out: string;
      readonly name: string;
      readonly value: string;
      readonly iterationsExponent: number;
    }
  | ({ readonly kind: "contributeKnown" } & Contributors)
  | { readonly kind: "verify"; readonly r1cs: string; readonly powers: string; readonly key: string }
  | { readonly kind: "verifyFrom"; readonly begun: string; readonly powers: string; readonly key: string };

export type Phase2Value = string | boolean | KnownContributions;

export type Phase2Answer =
  | { readonly kind: "done"; readonly value: Phase2Value }
  | { readonly kind: "failed"; readonly message: string }
  | { readonly kind: "progress"; readonly words: string };

/** snarkjs says some failures to its logger alone and returns -1, or false. */
async function perform(job: Phase2Job): Promise<Phase2Value> {
  let said = "";
  const logger = {
    info: () => undefined,
    warn: () => undefined,
    debug: (words: string) => process.send?.({ kind: "progress", words } satisfies Phase2Answer),
    error: (words: string) => {
      said ||= words;
    },
  };
  const done = (value: unknown): string => {
    if (value instanceof Uint8Array) return Buffer.from(value).toString("hex");
    throw new Error(said || "snarkjs gave no hash");
  };
  switch (job.kind) {
    case "begin":
      return done(await zKey.newZKey(job.r1cs, job.powers, job.out, logger));
    case "contribute":
      return done(await zKey.contribute(job.key, job.out, job.name, job.entropy, logger));
    case "beacon":
      return done(await zKey.beacon(job.key, job.out, job.name, job.value, job.iterationsExponent, logger));
    case "contributeKnown":
      return await contributeKnown(job);
    case "verify":
      return await zKey.verifyFromR1cs(job.r1cs, job.powers, job.key, logger);
    case "verifyFrom":
      return await zKey.verifyFromInit(job.begun, job.powers, job.key, logger);
  }
}

if (process.argv[1] === import.meta.filename) {
  process.on("message", (job: Phase2Job) => {
    perform(job).then(
      (value) => process.send?.({ kind: "done", value } satisfies Phase2Answer),
      (error: unknown) =>
        process.send?.({ kind: "failed", message: error instanceof Error ? error.message : String(error) } satisfies Phase2Answer),
    );
  });
  process.once("disconnect", () => process.exit());
}
