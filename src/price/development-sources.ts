import { sha256 } from "@noble/hashes/sha2.js";
import { utf8ToBytes } from "@noble/hashes/utils.js";
import { Secret } from "../secret.ts";
import { type SourceKey, type SourceSigner, sourceSigner } from "./eddsa.ts";
import { DevelopmentSources } from "./errors.ts";

/** More sources than any circuit has. */
const MOST = 1 << 5;

/**
 * Sources for local chains, in the order of their slots. Their keys are known to everybody, so everybody signs for them.
 * @param count the circuit's number of sources
 */
export function developmentSources(count: number): SourceSigner[] {
  const signers = Array.from({ length: count }, (_, at) =>
    sourceSigner(new Secret(sha256(utf8ToBytes(`mintd development source ${at + 1}, known to everybody`)))),
  );
  return signers.sort((one, other) => (one.key.x < other.key.x ? -1 : 1));
}

/**
 * Refuses sources whose keys everybody has, anywhere but on a local chain.
 * @param network name for the message
 * @throws DevelopmentSources
 */
export function assertSourcesFor(
  keys: readonly SourceKey[],
  { network, local }: { readonly network: string; readonly local: boolean },
): void {
  if (local) return;
  const known = new Set(developmentSources(MOST).map(({ key }) => key.x));
  const at = keys.findIndex(({ x }) => known.has(x));
  if (at >= 0) throw new DevelopmentSources(network, at);
}
