import { KnownPositions } from "./known-positions.ts";
import { type Position, worstFirst } from "./liquidations.ts";
import type { Block } from "./reads.ts";
import type { Pool, Vault } from "./vault.ts";

/** A collateral, and what the vault has of it. */
export interface HeldPool extends Pool {
  /** The vault's balance of the token, in its smallest unit; null where the token does not tell. */
  readonly held: bigint | null;
}

/** All collaterals, and the positions that are worst covered, as of one block. */
export interface PoolView {
  readonly at: Block;
  readonly pools: readonly HeldPool[];
  readonly surplusD18: bigint;
  /** How many positions owe something. */
  readonly known: number;
  /** Of those, the worst covered first. */
  readonly positions: readonly Position[];
}

/**
 * Reads pools and positions.
 * @param from the first block that can hold a position
 * @param most how many positions to name
 * @throws RpcUnanswered, RpcRefused
 */
export async function readPool(vault: Vault, from: number, most: number): Promise<PoolView> {
  const at = await vault.newest();
  const pools = await vault.pools(at);
  const held = await Promise.all(pools.map(({ collateral }) => vault.heldOf(at, collateral)));
  const keys = await new KnownPositions(vault, from).upTo(at);
  const owing = worstFirst(await vault.positions(at, keys), new Map(pools.map((pool) => [pool.collateral, pool])));
  return {
    at,
    pools: pools.map((pool, i) => ({ ...pool, held: held[i] ?? null })),
    surplusD18: await vault.surplusD18(at),
    known: owing.length,
    positions: owing.slice(0, most),
  };
}
