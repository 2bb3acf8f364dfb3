import { adoptionStream, bindStore, type Deployment, type MinterName, minterOf } from "../chain/index.ts";
import { type Clock, systemClock } from "../clock.ts";
import type { MintdConfig } from "../config/index.ts";
import { type BulkSigner, Issuer, SigningPool } from "../issue/index.ts";
import { OrderBook } from "../order/index.ts";
import type { Secret } from "../secret.ts";
import { type EventStore, openSqliteStore } from "../store/index.ts";
import { bookOptions, machineSecond, openNumbers } from "./records.ts";

export interface IssuingOptions {
  readonly config: MintdConfig;
  readonly deployment: Deployment;
  /** Which of the deployed minters; default VoucherMinter. */
  readonly minter?: MinterName;
  /** File of the event store; the service's own, so not beside a running one. */
  readonly storePath: string;
  readonly voucherKey: Secret;
  /** In place of the pool that signs with `voucherKey` in threads, e.g. `inline` of a remote signer. */
  readonly signer?: BulkSigner;
  /** Chain time as far as it is known here; by default the machine's clock. */
  readonly seconds?: { second(): number };
  readonly clock?: Clock;
  readonly onTrouble?: (error: unknown) => void;
}

/** Stage 1 alone, without a chain. */
export interface Issuing extends AsyncDisposable {
  readonly issuer: Issuer;
  readonly book: OrderBook;
  readonly store: EventStore;
  /**
   * Whether this store was ever brought up to what the chain had before it. Where it was not, an id that was minted by a
   * store that is lost would look new.
   */
  readonly knowsHistory: boolean;
  close(): Promise<void>;
}

/**
 * Opens what issuing vouchers needs: the store, its orders and numbers, and the signer. Nothing here asks a chain.
 * @throws GenesisMismatch (the store is another chain's), InvalidPrivateKey, and the store's errors, e.g. StoreInUse
 */
export async function openIssuing(options: IssuingOptions): Promise<Issuing> {
  const { config, deployment, storePath, clock = systemClock, onTrouble = () => undefined } = options;
  const { chainId } = deployment;
  const { address } = minterOf(deployment, options.minter ?? "VoucherMinter");
  const signer = options.signer ?? new SigningPool({ key: options.voucherKey });
  const store = await openSqliteStore({ path: storePath, now: () => clock.now() });
  try {
    await bindStore(store, deployment);
    const [adopted = 0] = await store.versions([adoptionStream(chainId, address)]);
    const book = await OrderBook.open(store, bookOptions(address, config, clock, onTrouble));
    const numbers = await openNumbers(store, chainId, address, config);
    const domain = { chainId, verifyingContract: address };
    const seconds = options.seconds ?? { second: () => machineSecond(clock) };
    const close = async (): Promise<void> => {
      await signer.close();
      await book.close().finally(() => store.close());
    };
    const issuer = new Issuer({ book, numbers, signer, domain, clock: seconds });
    return { issuer, book, store, knowsHistory: adopted > 0, close, [Symbol.asyncDispose]: close };
  } catch (error) {
    await store.close();
    throw error;
  }
}
