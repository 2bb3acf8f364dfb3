import { formatEther, Interface } from "ethers";
import type { Order, OrderBook } from "../../order/index.ts";
import { CAST_UNIT_D18 } from "../../voucher/index.ts";
import { batch, type Rpc, type RpcCall } from "../rpc/rpc.ts";

const minterAbi = new Interface([
  "function vault() view returns (address)",
  "function collateralNamed(bytes32 uriDigest) view returns (address)",
]);
const vaultAbi = new Interface([
  "function debtOf(address collateral) view returns (uint256)",
  `function termsOf(address collateral) view returns (tuple(uint64 assetId, uint16 ratioBps, uint16 liquidationBonusBps,
    uint16 feeBpsPerYear, uint16 maxPriceAgeSeconds, uint40 ceilingCast, uint24 floorCast))`,
]);

const nobody = `0x${"0".repeat(40)}`;

/** How much more may be minted against a collateral, in units of a quantity. */
export interface Room {
  /** By the state under the head. */
  readonly whole: bigint;
  /** Less what is on its way and what was taken since. */
  free: bigint;
  readonly collateral: string;
  /** In cast tokens, as a decimal number. */
  readonly ceiling: string;
}

/**
 * What is left below the ceilings, by the chain and by the orders that are on their way: of two batches under one head each
 * fits by itself, and the second would be skipped, and paid for, where both do not.
 */
export class DebtRooms {
  readonly #rpc: Rpc;
  readonly #minter: string;
  readonly #book: Pick<OrderBook, "open">;
  #vault: string | undefined;
  /** By digest of the collateral's name. */
  readonly #collaterals = new Map<string, string>();
  #rooms: { readonly head: string | undefined; readonly byDigest: Map<string, Room | undefined> } = {
    head: undefined,
    byDigest: new Map(),
  };

  constructor({ rpc, minter, book }: { readonly rpc: Rpc; readonly minter: string; readonly book: Pick<OrderBook, "open"> }) {
    this.#rpc = rpc;
    this.#minter = minter;
    this.#book = book;
  }

  /** The room under this head; undefined where no such collateral can be minted against. @throws RpcUnanswered, RpcRefused */
  async of(uriDigest: string, head: string | undefined): Promise<Room | undefined> {
    if (head === undefined || this.#rooms.head !== head) this.#rooms = { head, byDigest: new Map() };
    const { byDigest } = this.#rooms;
    if (!byDigest.has(uriDigest)) byDigest.set(uriDigest, await this.#read(uriDigest, head));
    return byDigest.get(uriDigest);
  }

  async #read(uriDigest: string, head: string | undefined): Promise<Room | undefined> {
    const at = head === undefined ? "latest" : { blockHash: head };
    const collateral = await this.#collateral(uriDigest, at);
    if (collateral === undefined) return undefined;
    const to = (this.#vault ??= await this.#ask(this.#minter, "vault", [], at));
    const views = ["debtOf", "termsOf"].map((name): RpcCall => {
      return { method: "eth_call", params: [{ to, data: vaultAbi.encodeFunctionData(name, [collateral]) }, at] };
    });
    const [debt, terms] = await this.#rpc.each<string>(views);
    if (!debt?.ok || !terms?.ok) return undefined; // no collateral of the vault: the simulation says so
    const owedD18 = vaultAbi.decodeFunctionResult("debtOf", debt.value)[0] as bigint;
    const { ceilingCast } = vaultAbi.decodeFunctionResult("termsOf", terms.value)[0] as unknown as { readonly ceilingCast: bigint };
    const ceilingD18 = ceilingCast * 10n ** 18n;
    const whole = ceilingD18 > owedD18 ? (ceilingD18 - owedD18) / CAST_UNIT_D18 : 0n;
    return { whole, free: whole - this.#onItsWay(uriDigest), collateral, ceiling: formatEther(ceilingD18) };
  }

  async #collateral(uriDigest: string, at: unknown): Promise<string | undefined> {
    const known = this.#collaterals.get(uriDigest); // a name stands for one address for good
    if (known !== undefined) return known;
    const named = await this.#ask(this.#minter, "collateralNamed", [uriDigest], at);
    if (named === nobody) return undefined;
    this.#collaterals.set(uriDigest, named);
    return named;
  }

  async #ask(to: string, name: string, args: readonly unknown[], at: unknown): Promise<string> {
    const data = minterAbi.encodeFunctionData(name, args);
    const [answer = "0x"] = await batch<string>(this.#rpc, [{ method: "eth_call", params: [{ to, data }, at] }]);
    return minterAbi.decodeFunctionResult(name, answer)[0] as string;
  }

  /** Units in transactions that no known block has. */
  #onItsWay(uriDigest: string): bigint {
    let sum = 0n;
    for (const order of this.#book.open())
      if (isSent(order) && order.request.uriDigest === uriDigest) sum += BigInt(order.request.quantity);
    return sum;
  }
}

const isSent = ({ kind, inclusion }: Order): boolean => (kind === "assigned" || kind === "broadcast") && inclusion === undefined;
