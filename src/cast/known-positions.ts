import type { Block } from "./reads.ts";
import type { Mint, PositionKey, Vault } from "./vault.ts";

/** So many blocks back a chain may still change its mind; they are read again each time. */
const unsettled = 64;

/** Who owed nothing at a block. */
interface Look {
  readonly at: Block;
  readonly idle: readonly string[];
}

const keyOf = ({ collateral, account }: PositionKey): string => `${collateral}/${account}`;

/**
 * Who may owe something, from the vault's logs, read piece by piece as the chain grows. Only who minted is known: others can put
 * collateral into anybody's position for next to nothing, but only the account itself, or whom it lets, makes its debt, which
 * is never below the floor. It only names whom to ask: what a position holds is read from the vault, so one that a reorg took
 * back reads as empty, and one that it brought is found as the newest blocks are read again.
 *
 * Race: who owes nothing may have repaid in a block that a reorg takes back. Mitigation: an account is forgotten only when the
 * block that showed it without debt is as deep as no reorg goes and still on the chain, and no later log names it. What
 * remains: nothing, as far as a chain does not change deeper than that.
 */
export class KnownPositions {
  readonly #vault: Vault;
  readonly #mints = new Map<string, Mint>();
  readonly #from: number;
  /** The first block that is to be read. */
  #next: number;
  #look: Look | undefined;

  /** @param from the first block that can hold a position */
  constructor(vault: Vault, from: number) {
    this.#vault = vault;
    this.#from = from;
    this.#next = from;
  }

  /**
   * All that may owe something at this block.
   * @throws RpcUnanswered, RpcRefused, and the signal's reason: the next call goes on where this one stopped
   */
  async upTo(at: Block, signal?: AbortSignal): Promise<PositionKey[]> {
    const settled = at.number - unsettled;
    const from = Math.max(this.#from, Math.min(this.#next, settled + 1));
    for await (const { mints, to } of this.#vault.mints(from, at.number, signal)) {
      for (const mint of mints) this.#mints.set(keyOf(mint), mint);
      this.#next = Math.min(to, settled) + 1;
    }
    // Whoever calls once only needs no memory that stays small.
    this.#look ??= { at, idle: [] };
    if (this.#look.at.number <= settled) await this.#forget(this.#look, at);
    return [...this.#mints.values()].map(({ collateral, account }) => ({ collateral, account }));
  }

  async #forget({ at: then, idle }: Look, now: Block): Promise<void> {
    if (await this.#vault.isCanonical(then)) {
      for (const key of idle) if ((this.#mints.get(key)?.block ?? Infinity) <= then.number) this.#mints.delete(key);
    }
    const positions = await this.#vault.positions(now, [...this.#mints.values()]);
    this.#look = { at: now, idle: positions.filter(({ debtD18 }) => debtD18 === 0n).map(keyOf) };
  }
}
