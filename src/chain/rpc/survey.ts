import { MintdError } from "../../error.ts";
import type { Endpoint } from "./endpoint.ts";
import { type RpcCall, toQuantity } from "./rpc.ts";

/** An endpoint's chain differs from the others'. It is read no more until it agrees again. */
export class EndpointForked extends MintdError {
  readonly code = "RPC_ENDPOINT_FORKED";
  constructor(endpoint: string, block: number, hash: string, believed: string) {
    super(`${endpoint} has block ${block} as ${hash}, but ${believed} is believed`, {
      hint: "the majority is believed, or the first endpoint where there is none; if that is wrong, put the right endpoint first",
    });
  }
}

/** Blocks below the heads at which chains are compared: the newest ones differ between honest nodes for a moment. */
export const comparedBelow = 3;

const latest: RpcCall = { method: "eth_getBlockByNumber", params: ["latest", false] };

/**
 * Asks all endpoints for their heads, and those that have it for the hash of a block a little below: most of them, or the
 * first in the list where there is no majority, tell which chain is the right one. Marks the others as forked, until they
 * agree again.
 * @returns what changed for the worse
 */
export async function survey(endpoints: readonly Endpoint[]): Promise<EndpointForked[]> {
  if (endpoints.length < 2) return [];
  const before = new Map(endpoints.map((endpoint) => [endpoint, endpoint.forked]));
  const asked = await Promise.all(endpoints.map(async (endpoint) => ({ endpoint, answer: (await endpoint.each([latest]))[0] })));
  const present = asked.filter(({ answer }) => answer?.ok).map(({ endpoint }) => endpoint);
  const block = comparedBlock(present.flatMap(({ head }) => head ?? []));
  if (block === undefined) return [];
  const hashes = await hashesOf(present, block);
  const believed = majority([...hashes.values()]);
  const troubles: EndpointForked[] = [];
  for (const [endpoint, hash] of hashes) {
    endpoint.forked = hash !== believed;
    if (endpoint.forked && !before.get(endpoint)) troubles.push(new EndpointForked(endpoint.name, block, hash, believed ?? "none"));
  }
  return troubles;
}

/** A block that most of them have: a little below the lower median, so that neither a laggard nor a runner decides. */
function comparedBlock(heads: readonly number[]): number | undefined {
  const median = heads.toSorted((a, b) => a - b)[Math.floor((heads.length - 1) / 2)];
  return heads.length < 2 || median === undefined ? undefined : Math.max(0, median - comparedBelow);
}

/** In the order of the endpoints; those that do not have the block are left out. */
async function hashesOf(endpoints: readonly Endpoint[], block: number): Promise<Map<Endpoint, string>> {
  const call = { method: "eth_getBlockByNumber", params: [toQuantity(block), false] };
  const answers = await Promise.all(endpoints.map((endpoint) => endpoint.each<{ hash?: unknown } | null>([call])));
  const found = endpoints.flatMap((endpoint, i): [Endpoint, string][] => {
    const answer = answers[i]?.[0];
    const hash = answer?.ok ? answer.value?.hash : undefined;
    return typeof hash === "string" ? [[endpoint, hash.toLowerCase()]] : [];
  });
  return new Map(found);
}

/** What more than half of them say, otherwise what the first says. */
function majority(hashes: readonly string[]): string | undefined {
  const votes = new Map<string, number>();
  for (const hash of hashes) votes.set(hash, (votes.get(hash) ?? 0) + 1);
  return [...votes].find(([, count]) => count * 2 > hashes.length)?.[0] ?? hashes[0];
}
