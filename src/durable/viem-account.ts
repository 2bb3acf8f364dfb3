import type { Client, Hex, LocalAccount, NonceManager } from "viem";
import { NonceGiven, ProviderUnsuitable, UnsupportedTransaction } from "./errors.ts";
import { checkKey } from "./keys.ts";
import type { LaneNonces } from "./lane-nonces.ts";
import { contentOf } from "./transactions.ts";
import { checkType } from "./viem-kit.ts";

/** A local account whose signed transactions are recorded before anybody has them. */
export type DurableAccount<account extends LocalAccount = LocalAccount> = account & {
  /**
   * The same account for one transaction: sent again under this key, with the same receiver, data and value, it is the
   * recorded transaction, and no second one.
   * @throws InvalidKey
   */
  once(key: string): DurableAccount<account>;
};

/** Where an account finds its nonces. */
export interface Lanes {
  get(address: string, chainId: number, client: Client, signs: LocalAccount | undefined): Promise<LaneNonces>;
  /** @throws DurableClosed */
  peek(address: string, chainId: number): LaneNonces | undefined;
}

/** How a durable account sends. */
export interface Way {
  /** The account that it wraps. */
  readonly signs: LocalAccount;
  readonly key: string | undefined;
}

const ways = new WeakMap<object, Way>();

/** Undefined for an account that is not durable. */
export const wayOf = (account: object): Way | undefined => ways.get(account);

/** What viem hands to signTransaction, as far as it is read here. */
interface Request {
  readonly type?: string;
  readonly chainId?: number;
  readonly nonce?: number;
  readonly to?: Hex | null;
  readonly data?: Hex;
  readonly value?: bigint;
  readonly blobs?: unknown;
  readonly authorizationList?: unknown;
}

/**
 * viem takes a nonce before it knows gas and fees, and signs last. So what it takes is a placeholder, and the nonce is given
 * out where the bytes are signed and recorded: a call that fails in between leaves no gap, because it had no nonce.
 */
export function durableAccount<account extends LocalAccount>(account: account, lanes: Lanes): DurableAccount<account> {
  const placeholders = new Placeholders(account, lanes);
  const bound = (key: string | undefined): DurableAccount<account> => {
    const signTransaction = async (request: Request, options?: object): Promise<Hex> => {
      placeholders.take(request.nonce);
      if (request.blobs !== undefined) throw new UnsupportedTransaction("a blob transaction");
      if (request.authorizationList !== undefined) throw new UnsupportedTransaction("an EIP-7702 transaction");
      if (request.type !== undefined) checkType(request.type);
      const lane = request.chainId === undefined ? undefined : lanes.peek(account.address, request.chainId);
      if (!lane) {
        throw new ProviderUnsuitable(
          `the account ${account.address} has no client for chain ${request.chainId ?? "unknown"} yet`,
          "send through a client, or call resume(client, account) first",
        );
      }
      const sign = (nonce: number): Promise<Hex> => account.signTransaction({ ...request, nonce } as never, options);
      const { raw } = await lane.send({ key, content: contentOf(request as Parameters<typeof contentOf>[0]), sign, broadcast: false });
      return raw as Hex;
    };
    const durable = {
      ...account,
      nonceManager: placeholders,
      signTransaction: signTransaction as LocalAccount["signTransaction"],
      once(of: string) {
        checkKey(of);
        return bound(of);
      },
    };
    ways.set(durable, { signs: account, key });
    return durable;
  };
  return bound(undefined);
}

/** More calls than are ever between their nonce and their signature. */
const mostPlaceholders = 4_096;

/** Stands where viem asks for nonces. Tells a placeholder of ours from a nonce that the caller chose. */
class Placeholders implements NonceManager {
  readonly #account: LocalAccount;
  readonly #lanes: Lanes;
  /** How often each was handed out and not signed for, the oldest first: calls that fail before they are signed leave theirs. */
  readonly #out = new Map<number, number>();

  constructor(account: LocalAccount, lanes: Lanes) {
    this.#account = account;
    this.#lanes = lanes;
  }

  consume = async (parameters: Parameters<NonceManager["consume"]>[0]): Promise<number> => {
    const nonce = await this.get(parameters);
    this.#out.set(nonce, (this.#out.get(nonce) ?? 0) + 1);
    for (const oldest of this.#out.keys()) {
      if (this.#out.size <= mostPlaceholders) break;
      this.#out.delete(oldest);
    }
    return nonce;
  };

  get = async ({ address, chainId, client }: Parameters<NonceManager["get"]>[0]): Promise<number> => {
    const lane = await this.#lanes.get(address, chainId, client, this.#account);
    await lane.resume();
    return lane.nextNonce;
  };

  increment = (): void => {
    // nonces are given out where they are signed
  };

  reset = (): void => {
    // a placeholder is no nonce, so none is left behind
  };

  /** @throws NonceGiven */
  take(nonce: number | undefined): void {
    if (nonce === undefined) return;
    const out = this.#out.get(nonce) ?? 0;
    if (out === 0) throw new NonceGiven(nonce);
    if (out > 1) this.#out.set(nonce, out - 1);
    else this.#out.delete(nonce);
  }
}
