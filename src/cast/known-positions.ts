import { type Position, worstFirst } from "./liquidations.ts";
import type { Block } from "./reads.ts";
import type { Pool, PositionKey, Vault } from "./vault.ts";

/** So many blocks back a chain may still change its mind; they are read again each time. */
const unsettled = 64;

/**
 * Who ever had a position, from the vault's logs, read piece by piece as the chain grows. It only names whom to ask: what a
 * position holds is read from the vault, so one that a reorg took back reads as empty, and one that it brought is found as
 * the newest blocks are read again.
 */
export class KnownPositions {
  readonly #vault: Vault;
  readonly #keys = new Map<string, PositionKey>();
  readonly #from: number;
  /** The first block that was not read yet. */
  #next: number;

  /** @param from the first block that can hold a position */
  constructor(vault: Vault, from: number) {
    this.#vault = vault;
    this.#from = from;
    this.#next = from;
  }

  /** All that are known after reading up to this block. @throws RpcUnanswered, RpcRefused: what was read until then stays known */
  async upTo({ number }: Pick<Block, "number">): Promise<PositionKey[]> {
    const from = Math.max(this.#from, Math.min(this.#next, number) - unsettled);
    for await (const key of this.#vault.touched(from, number)) this.#keys.set(`${key.collateral}/${key.account}`, key);
    this.#next = number + 1;
    return [...this.#keys.values()];
  }
}

/** All collaterals, and the positions that are worst covered, as of one block. */
export interface PoolView {
  readonly at: Block;
  readonly pools: readonly Pool[];
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
  const keys = await new KnownPositions(vault, from).upTo(at);
  const owing = worstFirst(await vault.positions(at, keys), new Map(pools.map((pool) => [pool.collateral, pool])));
  return { at, pools, surplusD18: await vault.surplusD18(at), known: owing.length, positions: owing.slice(0, most) };
}
