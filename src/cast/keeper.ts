import { isRpcError } from "../chain/rpc/rpc.ts";
import type { Mined } from "./account.ts";
import { type Liquidation, liquidations, type Market, type Position } from "./liquidations.ts";
import type { Block } from "./reads.ts";

/** A liquidation on its way. */
export interface Order {
  readonly hash: string;
  /** Its receipt, or undefined while it is on its way. @throws ContractRefused, TransactionReplaced: it never liquidates */
  receipt(): Promise<Mined | undefined>;
}

/** All that a decision is made from, as of one block. */
export interface Survey {
  readonly at: Block;
  readonly positions: readonly Position[];
  readonly markets: ReadonlyMap<string, Market>;
  /** The keeper's own cast tokens. */
  readonly balanceD18: bigint;
  /** What a liquidation must gain more than; undefined: it need not gain. */
  readonly aboveD18?: bigint | undefined;
}

/** What a keeper asks of the chain. */
export interface KeeperChain {
  newest(): Promise<Block>;
  /** Positions, terms, prices and balance, all read under this block. */
  survey(at: Block): Promise<Survey>;
  /** @throws ContractRefused where somebody else was quicker */
  liquidate(liquidation: Liquidation): Promise<Order>;
}

/** What a keeper has to tell. */
export type KeeperEvent =
  | { readonly kind: "surveyed"; readonly block: number; readonly positions: number; readonly short: number }
  | ({ readonly kind: "sent"; readonly hash: string } & Liquidation)
  | { readonly kind: "liquidated"; readonly hash: string; readonly block: number; readonly collateral: string; readonly account: string }
  | { readonly kind: "failed"; readonly hash?: string; readonly collateral: string; readonly account: string; readonly error: unknown }
  | { readonly kind: "trouble"; readonly error: unknown };

export interface KeeperOptions {
  readonly onEvent: (event: KeeperEvent) => void;
  /** Blocks that a receipt must be deep before it is forgotten; until then a reorg may put its transaction on its way again. */
  readonly finalDepth?: number;
}

interface Sent {
  readonly liquidation: Liquidation;
  readonly order: Order;
  mined: Mined | undefined;
}

const keyOf = ({ collateral, account }: { readonly collateral: string; readonly account: string }): string => `${collateral}/${account}`;

/**
 * Liquidates what is below the ratio, pass by pass; one pass at a time.
 *
 * Race: a liquidation may be mined between what was read and what is decided, and be sent again. Mitigation: a position is
 * left alone until the receipt of its last transaction lies at or below the block that is read, and again while a reorg has
 * taken the receipt back. What remains: somebody else may be quicker, which costs the gas of a revert at most.
 */
export class Keeper {
  readonly #chain: KeeperChain;
  readonly #options: Required<KeeperOptions>;
  readonly #sent = new Map<string, Sent>();

  constructor(chain: KeeperChain, { onEvent, finalDepth = 32 }: KeeperOptions) {
    this.#chain = chain;
    this.#options = { onEvent, finalDepth };
  }

  /** How many of its transactions are on their way. */
  get inFlight(): number {
    return [...this.#sent.values()].filter(({ mined }) => mined === undefined).length;
  }

  /** Reads under the newest block, decides and sends. @throws RpcUnanswered, RpcRefused from reading; what fails in sending is told */
  async pass(): Promise<void> {
    const at = await this.#chain.newest();
    await this.settle(at);
    const { positions, markets, balanceD18, aboveD18 } = await this.#chain.survey(at);
    const isBusy = (position: Position) => this.#isBusy(position, at);
    const chosen = liquidations(positions, markets, balanceD18 - this.#spoken(at), at.timestamp, isBusy, aboveD18);
    this.#options.onEvent({ kind: "surveyed", block: at.number, positions: positions.length, short: chosen.length });
    for (const liquidation of chosen) await this.#send(liquidation);
  }

  /** Asks what became of all that was sent, as of this block. @throws RpcUnanswered, RpcRefused */
  async settle(at: Pick<Block, "number">): Promise<void> {
    for (const [key, sent] of this.#sent) {
      const { liquidation, order } = sent;
      const { collateral, account } = liquidation;
      try {
        const mined = await order.receipt();
        if (mined && !sent.mined) this.#options.onEvent({ kind: "liquidated", hash: order.hash, block: mined.block, collateral, account });
        sent.mined = mined;
        if (mined && mined.block + this.#options.finalDepth <= at.number) this.#sent.delete(key);
      } catch (error) {
        if (isRpcError(error)) throw error;
        this.#sent.delete(key);
        this.#options.onEvent({ kind: "failed", hash: order.hash, collateral, account, error });
      }
    }
  }

  async #send(liquidation: Liquidation): Promise<void> {
    const { collateral, account } = liquidation;
    try {
      const order = await this.#chain.liquidate(liquidation);
      this.#sent.set(keyOf(liquidation), { liquidation, order, mined: undefined });
      this.#options.onEvent({ kind: "sent", hash: order.hash, ...liquidation });
    } catch (error) {
      this.#options.onEvent({ kind: "failed", collateral, account, error });
    }
  }

  #isBusy(position: Pick<Position, "collateral" | "account">, at: Block): boolean {
    const sent = this.#sent.get(keyOf(position));
    return sent !== undefined && (sent.mined === undefined || sent.mined.block > at.number);
  }

  /** What transactions on their way will take from the balance that was read. */
  #spoken(at: Block): bigint {
    const onTheirWay = [...this.#sent.values()].filter(({ liquidation }) => this.#isBusy(liquidation, at));
    return onTheirWay.reduce((sum, { liquidation }) => sum + liquidation.repaidD18, 0n);
  }
}

export interface FollowOptions {
  readonly signal: AbortSignal;
  /** Resolves when it may be worth to look for a new block; at once when the signal aborts. */
  readonly pause: (signal: AbortSignal) => Promise<void>;
  readonly onEvent: (event: KeeperEvent) => void;
}

/** A pass for each new block until the signal aborts, which never cuts a pass short. What cannot be read is told and tried again. */
export async function follow(keeper: Keeper, chain: KeeperChain, { signal, pause, onEvent }: FollowOptions): Promise<void> {
  let seen = "";
  while (!signal.aborted) {
    try {
      const { hash } = await chain.newest();
      if (hash !== seen) await keeper.pass();
      seen = hash;
    } catch (error) {
      if (!isRpcError(error)) throw error;
      onEvent({ kind: "trouble", error });
    }
    await pause(signal);
  }
}

/** Waits until nothing of the keeper's is on its way, or the signal aborts. */
export async function settled(keeper: Keeper, chain: KeeperChain, { signal, pause, onEvent }: FollowOptions): Promise<void> {
  while (keeper.inFlight > 0 && !signal.aborted) {
    try {
      await keeper.settle(await chain.newest());
    } catch (error) {
      if (!isRpcError(error)) throw error;
      onEvent({ kind: "trouble", error });
    }
    if (keeper.inFlight > 0) await pause(signal);
  }
}
