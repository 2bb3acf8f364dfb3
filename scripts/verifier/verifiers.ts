import { createHash } from "node:crypto";
import { globSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { format, resolveConfig } from "prettier";
import { readVerifyingKey } from "./key.ts";
import { verifierSource } from "./template.ts";

/** A verifying key that is checked in, and the source that is made of it. Paths are relative to the repository. */
export interface Verifier {
  readonly contract: string;
  readonly key: string;
  readonly source: string;
  readonly interfaceFile: string;
}

/** Keys of the circuits, by number of sources, and that of the tests, whose secret is known to everybody. */
export function listVerifiers(root: string): Verifier[] {
  const keys = globSync("circuits/keys/price-*.json", { cwd: root }).sort();
  const circuits = keys.map((key) => {
    const contract = `PriceProofVerifier${basename(key, ".json").slice("price-".length)}`;
    const key_ = key.replaceAll("\\", "/");
    return {
      contract,
      key: key_,
      source: `contracts/price/verifiers/${contract}.sol`,
      interfaceFile: "../interfaces/IPriceProofVerifier.sol",
    };
  });
  return [...circuits, testVerifier];
}

/** Of the key that test/contracts/price/proofs.ts knows the secret of: for tests alone. */
export const testVerifier: Verifier = {
  contract: "TestPriceProofVerifier",
  key: "test/contracts/price/keys/test.json",
  source: "test/contracts/mocks/TestPriceProofVerifier.sol",
  interfaceFile: "../../../contracts/price/interfaces/IPriceProofVerifier.sol",
};

/**
 * The source that belongs to a key, formatted as everything here is.
 * @throws InvalidVerifyingKey
 */
export async function sourceOf(root: string, { contract, key, source, interfaceFile }: Verifier): Promise<string> {
  const path = join(root, key);
  const bytes = readFileSync(path);
  const digest = createHash("sha256").update(bytes).digest("hex");
  const text = verifierSource(readVerifyingKey(bytes.toString("utf8")), { contract, key, digest, interfaceFile });
  const filepath = join(root, source);
  return format(text, { ...(await resolveConfig(filepath)), filepath });
}
