import { readFileSync } from "node:fs";
import { join } from "node:path";
import { files, sha256, type Transcript } from "../ceremony/transcript.ts";

/** Digests that the CircuitRegistry has of a circuit, as 0x and 64 digits; all are SHA-256. */
export interface CircuitArtifacts {
  readonly r1cs: string;
  readonly wasm: string;
  readonly verifyingKey: string;
  readonly transcript: string;
  readonly sources: string;
  readonly cid: string;
}

/** Digests of the files that are in a ceremony's folder now. Nothing is judged: that is `checkFolder`. */
export function artifactsIn(folder: string, sources: Transcript["sources"]): CircuitArtifacts {
  const digest = (file: string): string => sha256(readFileSync(join(folder, file)));
  const of = Object.fromEntries(Object.values(files).map((file) => [file, digest(file)]));
  return {
    r1cs: word(of[files.r1cs]),
    wasm: word(of[files.witnessProgram]),
    verifyingKey: word(of[files.verifyingKey]),
    transcript: word(of[files.transcript]),
    sources: sourcesDigest(sources),
    cid: word(sha256(listing(of))),
  };
}

/** SHA-256 over the circuit's sources: that of `sha256sum *.circom` in circuits/price. */
export const sourcesDigest = (sources: Transcript["sources"]): string => word(sha256(listing(sources)));

/** As `sha256sum` prints it, ordered by name. Of a folder it is the manifest, published as one raw block: its CID has its digest. */
const listing = (digests: Readonly<Record<string, string>>): string =>
  Object.keys(digests)
    .sort()
    .map((name) => `${digests[name] ?? ""}  ${name}\n`)
    .join("");

const word = (hex = ""): string => `0x${hex}`;
