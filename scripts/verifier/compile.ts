import { createHash } from "node:crypto";
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, join } from "node:path";
import { keccak256 } from "ethers";
import { MintdError } from "../../src/error.ts";
import { readVerifyingKey } from "./key.ts";
import { verifierSource } from "./template.ts";

const require = createRequire(import.meta.url);
const interfaceFile = join(import.meta.dirname, "../../contracts/price/interfaces/IPriceProofVerifier.sol");

/** A verifier that can be deployed. */
export interface CompiledVerifier {
  readonly bytecode: string;
  /** keccak256 of the code that is on the chain then. */
  readonly codeHash: string;
}

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts?: Record<
    string,
    Record<string, { readonly evm: Record<"bytecode" | "deployedBytecode", { readonly object: string }> }>
  >;
}

/** The compiler refused a generated verifier. */
export class VerifierNotCompiled extends MintdError {
  readonly code = "VERIFIER_NOT_COMPILED";
  constructor(said: string) {
    super(`the verifier was not compiled: ${said}`, { hint: "npm ci, so that solc is the pinned one" });
  }
}

/**
 * Compiles the verifier of a key as Hardhat compiles our contracts, but for the metadata's hash: the code then depends on the key,
 * the template and the compiler alone, and whoever has these gets the same.
 * @param keyText snarkjs' JSON
 * @throws InvalidVerifyingKey, VerifierNotCompiled
 */
export function compileVerifier(keyText: string): CompiledVerifier {
  const contract = "PriceProofVerifier";
  const digest = createHash("sha256").update(keyText).digest("hex");
  const path = `./${basename(interfaceFile)}`;
  const source = verifierSource(readVerifyingKey(keyText), { contract, key: "verifying-key.json", digest, interfaceFile: path });
  const input = {
    language: "Solidity",
    sources: { "verifier.sol": { content: source }, [basename(interfaceFile)]: { content: readFileSync(interfaceFile, "utf8") } },
    settings: {
      evmVersion: "osaka",
      optimizer: { enabled: true, runs: 10_000 },
      metadata: { bytecodeHash: "none" },
      outputSelection: { "verifier.sol": { [contract]: ["evm.bytecode.object", "evm.deployedBytecode.object"] } },
    },
  };
  const solc = require("solc") as { compile(input: string): string };
  const output = JSON.parse(solc.compile(JSON.stringify(input))) as Output;
  const errors = output.errors?.filter(({ severity }) => severity === "error") ?? [];
  const code = output.contracts?.["verifier.sol"]?.[contract]?.evm;
  if (errors.length > 0 || !code) throw new VerifierNotCompiled(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  return { bytecode: `0x${code.bytecode.object}`, codeHash: keccak256(`0x${code.deployedBytecode.object}`) };
}
