import { type FunctionFragment, Interface, type ParamType } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { Call } from "../src/cast/index.ts";
import type { Deployment } from "../src/chain/index.ts";
import { InvalidArgument } from "./arguments.ts";

/** A contract of a deployment, by its name in the record. */
export interface NamedContract {
  readonly name: string;
  readonly address: string;
  readonly abi: Interface;
}

/** The contract that has the functions, where its name in the record is another one. */
const artifacts: Readonly<Record<string, string>> = { WETH: "WrappedEther" };

const example = `gov:propose --call ProvenPrices.setTerms --args "[4543560,[4,50,60,300]]"`;

/** Every contract of the deployment with what can be called of it. */
export async function contractsOf({ artifacts: built }: HardhatRuntimeEnvironment, deployment: Deployment): Promise<NamedContract[]> {
  const recorded = Object.entries({ ...deployment.contracts, ...deployment.cast });
  return Promise.all(
    recorded.map(async ([name, { address }]) => {
      const { abi } = await built.readArtifact(artifacts[name] ?? name);
      return { name, address, abi: new Interface(abi) };
    }),
  );
}

/**
 * The call that a person named. Pure.
 * @param named `<Contract>.<function>`, with the types of its arguments in parentheses where there are several of the name
 * @param args its arguments as a JSON array; tuples are arrays, and numbers from 2^53 on are strings
 * @throws InvalidArgument, which says what is expected
 */
export function callNamed(contracts: readonly NamedContract[], named: string, args: string): Call {
  const [, name = "", text = ""] = /^(\w+)\.(\w+(?:\(.*\))?)$/.exec(named) ?? [];
  if (text === "") throw new InvalidArgument("--call", `is '${named}', and must be a contract and its function`, example);
  const contract = contracts.find((each) => each.name === name);
  if (!contract) {
    const known = contracts.map((each) => each.name).join(", ");
    throw new InvalidArgument("--call", `names the contract '${name}', which is none of ${known}`, example);
  }
  const fragment = functionNamed(contract, text);
  const values = valuesFor(fragment, args);
  try {
    return { to: contract.address, data: contract.abi.encodeFunctionData(fragment, values) };
  } catch (error) {
    throw unfit(fragment, reasonOf(error));
  }
}

/** @throws InvalidArgument */
function functionNamed({ name, abi }: NamedContract, text: string): FunctionFragment {
  const all: FunctionFragment[] = [];
  abi.forEachFunction((fragment) => {
    if (!fragment.constant) all.push(fragment);
  });
  const found = all.filter((fragment) => fragment.name === text || fragment.format("sighash") === text);
  const [fragment, another] = found;
  if (fragment && !another) return fragment;
  const signatures = (some: readonly FunctionFragment[]): string => some.map((each) => each.format("sighash")).join(", ");
  const problem = fragment
    ? `names '${text}', of which ${name} has several: name one of ${signatures(found)}`
    : `names '${text}', and the functions of ${name} that change something are ${signatures(all)}`;
  throw new InvalidArgument("--call", problem, example);
}

/** @throws InvalidArgument */
function valuesFor(fragment: FunctionFragment, args: string): unknown[] {
  let values: unknown;
  try {
    values = JSON.parse(args === "" ? "[]" : args);
  } catch {
    throw unfit(fragment, `'${args}' is not JSON`);
  }
  const problem = misfit(fragment.inputs, values);
  if (problem !== undefined) throw unfit(fragment, problem);
  return values as unknown[]; // misfit says that it is one
}

/** What does not fit, where ethers would say it less well, or bend it: to ethers "false" is true. */
function misfit(types: readonly ParamType[], values: unknown): string | undefined {
  if (!Array.isArray(values)) return `${JSON.stringify(values)} is no array`;
  if (values.length !== types.length) return `${values.length} values where ${types.length} are expected`;
  for (const [i, type] of types.entries()) {
    const value: unknown = values[i];
    const problem = misfitOf(type, value);
    if (problem !== undefined) return problem;
  }
  return undefined;
}

function misfitOf(type: ParamType, value: unknown): string | undefined {
  if (type.isTuple()) return misfit(type.components, value);
  if (type.isArray()) return misfit(Array.isArray(value) ? value.map(() => type.arrayChildren) : [], value);
  if (type.type === "bool" && typeof value !== "boolean") return `${JSON.stringify(value)} is neither true nor false`;
  return undefined;
}

function unfit(fragment: FunctionFragment, problem: string): InvalidArgument {
  const expected = fragment.inputs.map((input) => input.format("full")).join(", ");
  return new InvalidArgument("--args", `do not fit ${fragment.name}(${expected}): ${problem}`, example);
}

/** What ethers says, without its codes and version. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { shortMessage, argument, value } = error as Error & Partial<Record<"shortMessage" | "argument" | "value", unknown>>;
  if (typeof shortMessage !== "string") return error.message;
  return typeof argument === "string" ? `${argument} is ${JSON.stringify(value)}: ${shortMessage}` : shortMessage;
}
