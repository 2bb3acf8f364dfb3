import { toBeHex } from "ethers";
import { type Call, newestBlock } from "../../src/cast/index.ts";
import type { Deployment, Rpc } from "../../src/chain/index.ts";
import { logPieces } from "../../src/chain/rpc/log-pieces.ts";
import { misfitWords, quorumFits } from "../../src/price/index.ts";
import type { IProvenPrices } from "../../types/ethers-contracts/index.ts";
import { type AssetCall, assetCallsIn } from "./asset-calls.ts";
import { sizes } from "./compile.ts";
import { isRetired } from "./status.ts";

/** What an asset has before the calls. */
export interface AssetHeld {
  readonly assetId: bigint;
  /** 0 where it has no terms. */
  readonly quorum: number;
  /** The ids of those that have sources and are not retired. */
  readonly circuits: readonly string[];
}

/** A circuit whose size is known. */
export interface KnownCircuit {
  readonly name: string;
  readonly id: string;
  /** How many sources it takes. */
  readonly size: number;
}

/** A circuit that could not prove an asset any more, or of which nobody knows whether it could. */
export interface Misfit {
  readonly assetId: bigint;
  readonly quorum: number;
  /** Undefined where the circuit is not on record, so that it may fit. */
  readonly size: number | undefined;
  readonly words: string;
}

/** Those that a network's record names; the contract knows no sizes. */
export const knownCircuits = ({ circuits = {} }: Pick<Deployment, "circuits">): KnownCircuit[] =>
  sizes.flatMap(({ size }) => {
    const name = `price${size}`;
    const id = circuits[name]?.id;
    return id === undefined ? [] : [{ name, id, size }];
  });

/**
 * Where the calls, executed in their order, leave an asset's quorum and a circuit that do not go together. A quorum that is set is
 * held to every circuit with sources; one that is held, to those that are given sources. No quorum at all is no misfit. Pure.
 */
export function quorumMisfits(calls: readonly AssetCall[], held: readonly AssetHeld[], known: readonly KnownCircuit[]): Misfit[] {
  return held.flatMap(({ assetId, circuits, ...before }) => {
    const own = calls.filter((call) => call.assetId === assetId);
    const set = own.flatMap((call) => (call.name === "setTerms" ? [call.quorum] : [])).at(-1);
    const quorum = set ?? before.quorum;
    const looked = new Set(set === undefined ? [] : circuits);
    for (const call of own) {
      if (call.name === "setSources") looked.add(call.circuitId);
      if (call.name === "removeSources") looked.delete(call.circuitId);
    }
    return quorum === 0 ? [] : [...looked].flatMap((id) => misfitOf(assetId, quorum, id, known) ?? []);
  });
}

function misfitOf(assetId: bigint, quorum: number, id: string, known: readonly KnownCircuit[]): Misfit | undefined {
  const circuit = known.find((each) => each.id.toLowerCase() === id.toLowerCase());
  if (!circuit) {
    const words = `whether a quorum of ${quorum} of asset ${assetId} fits circuit ${id} is not known: the record does not have it, nor how many sources it takes`;
    return { assetId, quorum, size: undefined, words };
  }
  const { name, size } = circuit;
  if (quorumFits(quorum, size)) return undefined;
  return { assetId, quorum, size, words: `once it is executed, ${misfitWords(assetId, quorum, size)}: ${name} proves no price of it then` };
}

/** Where proposals are held to what is on the chain. */
export interface QuorumWhere {
  readonly rpc: Rpc;
  readonly prices: IProvenPrices;
  /** The first block that can hold sources. */
  readonly from: number;
}

/**
 * `quorumMisfits` of a proposal's calls, by what the assets hold now.
 *
 * Race: what is held may change until the calls are executed. What remains: who proves looks at the quorum again.
 * @throws RpcUnanswered, RpcRefused
 */
export async function misfitsOf(where: QuorumWhere, calls: readonly Call[], known: readonly KnownCircuit[]): Promise<Misfit[]> {
  const { prices } = where;
  const own = assetCallsIn({ abi: prices.interface, address: await prices.getAddress() }, calls);
  const assets = [...new Set(own.map(({ assetId }) => assetId))];
  if (own.every(({ name }) => name === "removeSources")) return [];
  return quorumMisfits(own, await heldOf(where, assets), known);
}

async function heldOf({ rpc, prices, from }: QuorumWhere, assets: readonly bigint[]): Promise<AssetHeld[]> {
  const given = new Map(assets.map((assetId) => [assetId, new Set<string>()]));
  const topics = [prices.interface.getEvent("SourcesSet").topicHash, assets.map((assetId) => toBeHex(assetId, 32))];
  const filter = { address: await prices.getAddress(), topics };
  for await (const { logs } of logPieces<{ topics: string[] }>(rpc, filter, from, (await newestBlock(rpc)).number)) {
    for (const log of logs) {
      const [, assetId = "0x0", circuitId = ""] = log.topics;
      given.get(BigInt(assetId))?.add(circuitId);
    }
  }
  return Promise.all(
    [...given].map(async ([assetId, ids]) => {
      const has = await Promise.all([...ids].map((id) => isProving(prices, assetId, id)));
      return { assetId, quorum: Number((await prices.termsOf(assetId)).quorum), circuits: [...ids].filter((_, i) => has[i]) };
    }),
  );
}

async function isProving(prices: IProvenPrices, assetId: bigint, circuitId: string): Promise<boolean> {
  if ((await prices.sourcesRoot(assetId, circuitId)) === 0n) return false;
  return !isRetired((await prices.circuit(circuitId)).status);
}
