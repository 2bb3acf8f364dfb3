import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { ContractFactory, type Signer } from "ethers";
import { join } from "node:path";

const require = createRequire(import.meta.url);

interface Output {
  readonly errors?: readonly { readonly severity: string; readonly formattedMessage: string }[];
  readonly contracts: Record<
    string,
    Record<string, { readonly abi: []; readonly evm: { readonly bytecode: { readonly object: string } } }>
  >;
}

export interface Compiled {
  readonly abi: [];
  readonly bytecode: string;
}

/** Compiles the ordinary contract as Hardhat compiles ours. It is no product contract, so it does not stand among them. */
export function compilePlainMinter(): Compiled {
  const solc = require("solc") as {
    compile(input: string, callbacks: { import(path: string): { contents: string } }): string;
  };
  const input = {
    language: "Solidity",
    sources: { "PlainMinter.sol": { content: readFileSync(join(import.meta.dirname, "PlainMinter.sol"), "utf8") } },
    settings: {
      evmVersion: "osaka",
      optimizer: { enabled: true, runs: 10_000 },
      outputSelection: { "PlainMinter.sol": { PlainMinter: ["abi", "evm.bytecode.object"] } },
    },
  };
  const from = (path: string) => ({ contents: readFileSync(require.resolve(path), "utf8") });
  const output = JSON.parse(solc.compile(JSON.stringify(input), { import: from })) as Output;
  const errors = output.errors?.filter(({ severity }) => severity === "error") ?? [];
  const contract = output.contracts["PlainMinter.sol"]?.["PlainMinter"];
  if (errors.length > 0 || !contract) throw new Error(errors.map(({ formattedMessage }) => formattedMessage).join("\n"));
  return { abi: contract.abi, bytecode: `0x${contract.evm.bytecode.object}` };
}

/** Its address. */
export async function deployPlainMinter({ abi, bytecode }: Compiled, deployer: Signer): Promise<string> {
  const contract = await new ContractFactory(abi, bytecode, deployer).deploy();
  await contract.waitForDeployment();
  return contract.getAddress();
}
