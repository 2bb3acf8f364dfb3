import type { CastContracts, Rpc } from "../chain/index.ts";
import { feedAbi, tokenAbi, vaultAbi } from "./abi.ts";
import type { Market, Position } from "./liquidations.ts";
import { logPieces } from "../chain/rpc/log-pieces.ts";
import { type Block, newestBlock, type RawLog, readAll, type View } from "./reads.ts";

/** Whose positions; accounts and collaterals with their checksums. */
export type PositionKey = Pick<Position, "collateral" | "account">;

/** A collateral and what its positions come to. */
export interface Pool extends Market {
  readonly collateral: string;
  readonly symbol: string;
  readonly debtD18: bigint;
  /** The vault's balance of the token, in its smallest unit. */
  readonly held: bigint;
}

type Contracts = Pick<CastContracts, "CollateralVault" | "CastToken" | "ProvenPrices">;

const touching = [["Deposited", "CastMinted"].map((name) => vaultAbi.getEvent(name)?.topicHash)];

/** Reads the vault, each time under one block. Every method throws RpcUnanswered and RpcRefused. */
export class Vault {
  readonly rpc: Rpc;
  readonly address: string;
  readonly #contracts: Contracts;
  /** What never changes of a token. */
  readonly #tokens = new Map<string, { readonly decimals: number; readonly symbol: string }>();

  constructor(rpc: Rpc, contracts: Contracts) {
    this.rpc = rpc;
    this.address = contracts.CollateralVault.address;
    this.#contracts = contracts;
  }

  newest(): Promise<Block> {
    return newestBlock(this.rpc);
  }

  /** All collaterals in the order they were added. */
  async pools(at: Block): Promise<Pool[]> {
    const [all] = await readAll(this.rpc, at, [this.#view("collaterals")]);
    const collaterals = [...(all?.[0] as Iterable<string>)];
    await this.#learn(at, collaterals);
    const answers = await readAll(
      this.rpc,
      at,
      collaterals.flatMap((collateral) => [
        ...["termsOf", "liquidationRatioBps", "paused", "debtOf"].map((name) => this.#view(name, [collateral])),
        { to: collateral, abi: tokenAbi, name: "balanceOf", args: [this.address] },
      ]),
    );
    const prices = await readAll(
      this.rpc,
      at,
      collaterals.map((_, i) => this.#price((answers[i * 5]?.[0] as { assetId: bigint }).assetId)),
    );
    return collaterals.map((collateral, i) => {
      const [terms, ratio, paused, debt, held] = answers.slice(i * 5, i * 5 + 5).map((answer) => answer[0] as unknown);
      const { assetId, ratioBps, liquidationBonusBps, feeBpsPerYear, maxPriceAgeSeconds, ceilingCast, floorCast } = terms as Record<
        string,
        bigint
      > &
        Market["terms"];
      const { decimals, symbol } = this.#tokens.get(collateral) ?? { decimals: 18, symbol: collateral };
      return {
        ...{ collateral, symbol },
        terms: {
          ...{ assetId, decimals, ratioBps, liquidationBonusBps, feeBpsPerYear, maxPriceAgeSeconds, ceilingCast, floorCast },
          ...{ liquidationRatioBps: ratio as bigint, paused: paused as boolean },
        },
        ...{ price: prices[i]?.[0] as bigint, pricedAt: prices[i]?.[1] as bigint },
        ...{ debtD18: debt as bigint, held: held as bigint },
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

  /** Whose positions were given collateral or minted on in blocks `from` to `to`; some more than once. */
  async *touched(from: number, to: number): AsyncGenerator<PositionKey> {
    for await (const logs of logPieces<RawLog>(this.rpc, { address: this.address, topics: touching }, from, to)) {
      for (const log of logs) {
        const parsed = vaultAbi.parseLog(log);
        if (parsed) yield { collateral: parsed.args["collateral"] as string, account: parsed.args["account"] as string };
      }
    }
  }

  #view(name: string, args: readonly unknown[] = []): View {
    return { to: this.address, abi: vaultAbi, name, args };
  }

  #price(assetId: bigint): View {
    return { to: this.#contracts.ProvenPrices.address, abi: feedAbi, name: "latestPrice", args: [assetId] };
  }

  async #learn(at: Block, collaterals: readonly string[]): Promise<void> {
    for (const token of collaterals.filter((each) => !this.#tokens.has(each))) {
      const [decimals] = await readAll(this.rpc, at, [{ to: token, abi: tokenAbi, name: "decimals" }]);
      this.#tokens.set(token, { decimals: Number(decimals?.[0]), symbol: await this.#symbol(at, token) });
    }
  }

  /** ERC-20 has no duty to tell a symbol as a string. */
  async #symbol(at: Block, token: string): Promise<string> {
    try {
      const [symbol] = await readAll(this.rpc, at, [{ to: token, abi: tokenAbi, name: "symbol" }]);
      return symbol?.[0] as string;
    } catch {
      return token;
    }
  }
}
