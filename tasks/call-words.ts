import type { FunctionFragment, ParamType, Result } from "ethers";
import { isSame } from "../scripts/deployment/role-logs.ts";
import { roles } from "../scripts/deployment/permissions.ts";
import type { Call } from "../src/cast/index.ts";
import { quotedText } from "../src/foreign-text.ts";
import type { NamedContract } from "./governed-calls.ts";

/** Calls within calls beyond this are shown raw: nobody needs them, and each level costs a decoding of all below it. */
const deepest = 8;

/** The AccessManager's role that every account has. */
const everybody = (1n << 64n) - 1n;

interface Reading {
  readonly contracts: readonly NamedContract[];
  readonly mostText: number;
  readonly depth: number;
}

/**
 * A call as contract, function and arguments, and calls that it carries likewise; undefined where the contract is none of these,
 * or its function is unknown, or the data is not just what those arguments are encoded to, or this is so of a call it carries. Pure.
 * @param mostText characters that are shown of an argument of text; all others are shown whole
 */
export const callWords = (contracts: readonly NamedContract[], call: Call, mostText = Infinity): string | undefined =>
  wordsOf({ contracts, mostText, depth: 0 }, call);

function wordsOf(reading: Reading, call: Call): string | undefined {
  try {
    const parsed = parsedCall(reading, call);
    if (!parsed) return undefined;
    const { contract, fragment, args, carried } = parsed;
    if (contract.abi.encodeFunctionData(fragment, args) !== call.data.toLowerCase()) return undefined;
    const words = fragment.inputs.map((type, i) =>
      i === carried?.at ? carriedWords(reading, type, carried.calls) : valueWords(reading, contract, type, args[i]),
    );
    return words.includes(undefined) ? undefined : `${contract.name}.${fragment.name}(${words.join(", ")})`;
  } catch {
    return undefined; // the data is none of this function's
  }
}

/** A call, and all that it carries, those in them too, as deep as they are shown in words. Pure. */
export function callsWithin(contracts: readonly NamedContract[], call: Call, depth = 0): Call[] {
  try {
    const carried = parsedCall({ contracts, depth }, call)?.carried?.calls ?? [];
    return [call, ...carried.flatMap((each) => callsWithin(contracts, each, depth + 1))];
  } catch {
    return [call]; // the data is none of this function's
  }
}

/** Undefined where it is nested too deep, or the contract or its function is none that is known. @throws where the data is none of the function's */
function parsedCall({ contracts, depth }: Pick<Reading, "contracts" | "depth">, { to, data }: Call) {
  const contract = contracts.find(({ address }) => isSame(address, to));
  if (!contract || depth > deepest) return undefined;
  const parsed = contract.abi.parseTransaction({ data });
  return parsed
    ? { contract, fragment: parsed.fragment, args: parsed.args, carried: carriedBy(contract, parsed.fragment, parsed.args) }
    : undefined;
}

interface Carried {
  /** Which of the arguments has their data. */
  readonly at: number;
  readonly calls: readonly Call[];
}

/**
 * The calls that a call makes, or announces, in its turn. OpenZeppelin's AccessManager, timelock and governor name the contract
 * of such data `target`; `multicall` calls the contract itself. Other bytes are no calls: signatures, and notes to a receiver.
 */
function carriedBy({ address }: NamedContract, { name, inputs }: FunctionFragment, args: Result): Carried | undefined {
  const at = inputs.findIndex(({ type }) => type === "bytes" || type === "bytes[]");
  const target = inputs.findIndex((input) => input.name === "target" || input.name === "targets");
  if (at < 0 || (target < 0 && name !== "multicall")) return undefined;
  const data = listOf(args[at]);
  const targets = target < 0 ? data.map(() => address) : listOf(args[target]);
  return { at, calls: data.map((each, i) => ({ to: targets[i] ?? "", data: each })) };
}

const listOf = (value: unknown): string[] => (Array.isArray(value) ? (value as string[]) : [value as string]);

function carriedWords(reading: Reading, type: ParamType, calls: readonly Call[]): string | undefined {
  const words = calls.map((call) => wordsOf({ ...reading, depth: reading.depth + 1 }, call));
  if (words.includes(undefined)) return undefined;
  return type.isArray() ? `[${words.join(", ")}]` : words.join("");
}

function valueWords(reading: Reading, contract: NamedContract, type: ParamType, value: unknown): string {
  const within = (each: ParamType, inner: unknown): string => valueWords(reading, contract, each, inner);
  if (type.isTuple()) return `(${type.components.map((each, i) => within(each, (value as unknown[])[i])).join(", ")})`;
  if (type.isArray()) return `[${(value as unknown[]).map((each) => within(type.arrayChildren, each)).join(", ")}]`;
  if (type.type === "string") return quotedText(String(value), reading.mostText);
  // All that the AccessManager has of this type are roles.
  return contract.name === "AccessManager" && type.type === "uint64" ? roleWords(value as bigint) : String(value);
}

/** A role's number, and its name where it has one: `0 = admin`. */
function roleWords(role: bigint): string {
  const name = role === everybody ? "everybody" : Object.entries(roles).find(([, number]) => number === role)?.[0];
  return name === undefined ? String(role) : `${role} = ${name}`;
}
