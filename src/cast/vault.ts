import type { CastContracts, Rpc } from "../chain/index.ts";
import { type LogPatience, logPieces } from "../chain/rpc/log-pieces.ts";
import { revertData } from "../chain/rpc/revert-data.ts";
import { isRpcError } from "../chain/rpc/rpc.ts";
import { feedAbi, tokenAbi, vaultAbi } from "./abi.ts";
import type { Market, Position } from "./liquidations.ts";
import { type Block, isCanonical, newestBlock, type RawLog, readAll, type View } from "./reads.ts";

/** Whose positions; accounts and collaterals with their checksums. */
export type PositionKey = Pick<Position, "collateral" | "account">;

/** A collateral and what its positions come to. */
export interface Pool extends Market {
  readonly collateral: string;
  readonly symbol: string;
  readonly debtD18: bigint;
}

/** Whose position was minted on, and in which block. */
export interface Mint extends PositionKey {
  readonly block: number;
}

/** What a token says of itself. */
interface Token {
  readonly decimals: number;
  readonly symbol: string;
}

type Contracts = Pick<CastContracts, "CollateralVault" | "CastToken" | "ProvenPrices">;

const minting = [vaultAbi.getEvent("CastMinted")?.topicHash];

/** Reads the vault, each time under one block. Every method throws RpcUnanswered and RpcRefused. */
export class Vault {
  readonly rpc: Rpc;
  readonly address: string;
  readonly #contracts: Contracts;
  readonly #patience: LogPatience;
  /** What never changes of a token. */
  readonly #tokens = new Map<string, Token>();

  /** @param patience whose clock is waited by where logs are not answered */
  constructor(rpc: Rpc, contracts: Contracts, patience: Pick<LogPatience, "clock"> = {}) {
    this.rpc = rpc;
    this.#patience = patience;
    this.address = contracts.CollateralVault.address;
    this.#contracts = contracts;
  }

  newest(): Promise<Block> {
    return newestBlock(this.rpc);
  }

  /** Whether the block that was read is still the chain's. */
  isCanonical(at: Block): Promise<boolean> {
    return isCanonical(this.rpc, at);
  }

  /**
   * All collaterals in the order they were added. One whose token does not tell its decimals any more is left out: nothing can
   * be reckoned with it, and the others are none the worse for it.
   */
  async pools(at: Block): Promise<Pool[]> {
    const [all] = await readAll(this.rpc, at, [this.#view("collaterals")]);
    const tokens = await this.#learn(at, [...(all?.[0] as Iterable<string>)]);
    const collaterals = [...tokens.keys()];
    const answers = await readAll(
      this.rpc,
      at,
      collaterals.flatMap((collateral) =>
        ["termsOf", "liquidationRatioBps", "paused", "debtOf"].map((name) => this.#view(name, [collateral])),
      ),
    );
    const prices = await readAll(
      this.rpc,
      at,
      collaterals.map((_, i) => this.#price((answers[i * 4]?.[0] as { assetId: bigint }).assetId)),
    );
    return [...tokens].map(([collateral, { decimals, symbol }], i) => {
      const [terms, ratio, paused, debt] = answers.slice(i * 4, i * 4 + 4).map((answer) => answer[0] as unknown);
      const { assetId, ratioBps, liquidationBonusBps, feeBpsPerYear, maxPriceAgeSeconds, ceilingCast, floorCast } = terms as Record<
        string,
        bigint
      > &
        Market["terms"];
      return {
        ...{ collateral, symbol },
        terms: {
          ...{ assetId, decimals, ratioBps, liquidationBonusBps, feeBpsPerYear, maxPriceAgeSeconds, ceilingCast, floorCast },
          ...{ liquidationRatioBps: ratio as bigint, paused: paused as boolean },
        },
        ...{ price: prices[i]?.[0] as bigint, pricedAt: prices[i]?.[1] as bigint },
        debtD18: debt as bigint,
      };
    });
  }

  async positions(at: Block, keys: readonly PositionKey[]): Promise<Position[]> {
    const answers = await readAll(
      this.rpc,
      at,
      keys.map(({ collateral, account }) => this.#view("positionOf", [collateral, account])),
    );
    return keys.map((key, i) => ({ ...key, amount: answers[i]?.[0] as bigint, debtD18: answers[i]?.[1] as bigint }));
  }

  /** What all pools are owed less the tokens there are. */
  async surplusD18(at: Block): Promise<bigint> {
    const [surplus] = await readAll(this.rpc, at, [this.#view("surplus")]);
    return surplus?.[0] as bigint;
  }

  async castOf(at: Block, account: string): Promise<bigint> {
    return this.balanceOf(at, this.#contracts.CastToken.address, account);
  }

  /** An account's balance of any ERC-20. */
  async balanceOf(at: Block, token: string, account: string): Promise<bigint> {
    const [balance] = await readAll(this.rpc, at, [{ to: token, abi: tokenAbi, name: "balanceOf", args: [account] }]);
    return balance?.[0] as bigint;
  }

  /** The vault's balance of a token, in its smallest unit; undefined where the token does not tell. */
  async heldOf(at: Block, token: string): Promise<bigint | undefined> {
    return this.#told<bigint>(at, token, "balanceOf", [this.address]);
  }

  /**
   * Whose positions were minted on in blocks `from` to `to`, piece by piece; some more than once. Nothing else makes a debt.
   * @throws also the signal's reason
   */
  async *mints(from: number, to: number, signal?: AbortSignal): AsyncGenerator<{ readonly mints: Mint[]; readonly to: number }> {
    const filter = { address: this.address, topics: minting };
    for await (const piece of logPieces<RawLog>(this.rpc, filter, from, to, { ...this.#patience, signal })) {
      const mints = piece.logs.flatMap((log): Mint[] => {
        const args = vaultAbi.parseLog(log)?.args;
        if (!args) return [];
        return [{ collateral: args["collateral"] as string, account: args["account"] as string, block: Number(log.blockNumber) }];
      });
      yield { mints, to: piece.to };
    }
  }

  #view(name: string, args: readonly unknown[] = []): View {
    return { to: this.address, abi: vaultAbi, name, args };
  }

  #price(assetId: bigint): View {
    return { to: this.#contracts.ProvenPrices.address, abi: feedAbi, name: "latestPrice", args: [assetId] };
  }

  /** Those of the tokens that can be reckoned with. */
  async #learn(at: Block, collaterals: readonly string[]): Promise<Map<string, Token>> {
    const known = new Map<string, Token>();
    for (const address of collaterals) {
      const token = this.#tokens.get(address) ?? (await this.#ask(at, address));
      if (token) known.set(address, token);
    }
    return known;
  }

  async #ask(at: Block, address: string): Promise<Token | undefined> {
    const decimals = await this.#told<bigint>(at, address, "decimals");
    if (decimals === undefined) return undefined;
    // ERC-20 has no duty to tell a symbol as a string.
    const token = { decimals: Number(decimals), symbol: (await this.#told<string>(at, address, "symbol")) ?? address };
    this.#tokens.set(address, token);
    return token;
  }

  /** What a token answers; undefined where it reverts, or answers something else than ERC-20 has. */
  async #told<T>(at: Block, token: string, name: string, args: readonly unknown[] = []): Promise<T | undefined> {
    try {
      const [answer] = await readAll(this.rpc, at, [{ to: token, abi: tokenAbi, name, args }]);
      return answer?.[0] as T;
    } catch (error) {
      // Then it was the node that did not answer, which says nothing of the token.
      if (isRpcError(error) && revertData(error) === undefined) throw error;
      return undefined;
    }
  }
}
