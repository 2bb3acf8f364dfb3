/** Durable nonces for ethers v6: a signer that never loses and never doubles a transaction. */
import {
  AbstractSigner,
  type Provider,
  resolveAddress,
  type Signer,
  type TransactionRequest,
  type TransactionResponse,
  type TypedDataDomain,
  type TypedDataField,
} from "ethers";
import type { Fees } from "../chain/fees/fees.ts";
import { RpcUnanswered } from "../chain/rpc/rpc.ts";
import { systemClock } from "../clock.ts";
import type { EventStore } from "../store/event-store.ts";
import { NonceGiven, ProviderUnsuitable, UnsupportedTransaction } from "./errors.ts";
import { ethersKit } from "./ethers-kit.ts";
import { readPatiently } from "./ethers-reads.ts";
import { EthersRpc } from "./ethers-rpc.ts";
import { DurableTransactionResponse } from "./ethers-response.ts";
import { checkKey } from "./keys.ts";
import type { LaneNonces, PendingNonce, Recorded } from "./lane-nonces.ts";
import { type DurableOptions, settingsOf } from "./options.ts";
import { type Share, shareLane } from "./shared.ts";
import { withinMs } from "./timeout.ts";
import { contentOf, sentTypes } from "./transactions.ts";

export * from "./index.ts";

export interface DurableSignerOptions extends DurableOptions {
  /** Of openSqliteStore. One store serves any number of accounts and chains, and one process at a time. */
  readonly store: EventStore;
}

/** The lane of a signer, opened when it is first needed; shared by the signers that `once` makes of it. */
interface Opened {
  share?: Promise<Share>;
}

/**
 * An ethers signer whose nonces come from a durable record. Its signed bytes are on disk before they are on the wire, and the
 * same bytes are sent until they are mined, also by the next process. With a key, a transaction is sent once, whatever happens.
 *
 * @example
 * const store = await openSqliteStore({ path: "nonces.db" });
 * const signer = new DurableSigner(new Wallet(privateKey, provider), { store });
 * const sent = await signer.once("order-17").sendTransaction({ to, value });
 * await sent.wait();
 */
export class DurableSigner extends AbstractSigner<Provider> {
  readonly #signer: Signer;
  readonly #options: DurableSignerOptions;
  readonly #opened: Opened;
  readonly #key: string | undefined;

  /**
   * @param signer that signs, e.g. a Wallet; connected to a provider
   * @param of the signer that this one belongs to, and its key; for `once` alone
   * @throws ProviderUnsuitable
   */
  constructor(signer: Signer, options: DurableSignerOptions, of?: { readonly opened: object; readonly key: string }) {
    if (!signer.provider) throw new ProviderUnsuitable("the signer has no provider", "connect it: new Wallet(key, provider)");
    super(signer.provider);
    this.#signer = signer;
    this.#options = options;
    this.#opened = of?.opened ?? {};
    this.#key = of?.key;
  }

  /**
   * The same signer for one transaction: sent again under this key, with the same receiver, data and value, it returns the
   * recorded transaction and sends no second one. Contracts take it as any signer: `contract.connect(signer.once("order-17"))`.
   * @throws InvalidKey
   */
  once(key: string): DurableSigner {
    checkKey(key);
    return new DurableSigner(this.#signer, this.#options, { opened: this.#opened, key });
  }

  getAddress(): Promise<string> {
    return this.#signer.getAddress();
  }

  /**
   * A signer of its own on another provider, to be closed by itself; with the key that this one has. Over one store, the
   * signers of one account and chain share their nonces: those are followed and sent through the provider of the first of
   * them, at its `maxFeePerGas`, and its `notify` hears of them.
   */
  connect(provider: Provider | null): DurableSigner {
    const key = this.#key;
    return new DurableSigner(this.#signer.connect(provider), this.#options, key === undefined ? undefined : { opened: {}, key });
  }

  /**
   * Records and sends. Resolves when the node has answered, or when it is in doubt: then it is sent again until it is mined.
   * What it throws was not recorded and not sent, save these two.
   * @throws RecordInDoubt: it was not sent, and is if a new start finds it recorded
   * @throws TransactionNotTaken: it was sent and refused, and is never mined
   * @throws NonceGiven, UnsupportedTransaction, KeyReused, KeyBeingCancelled, SignatureTimedOut, what the store throws, and
   *   ethers' errors of estimating
   */
  override async sendTransaction(request: TransactionRequest): Promise<TransactionResponse> {
    checkRequest(request);
    const to = request.to === undefined || request.to === null ? null : await resolveAddress(request.to, this);
    const lane = await this.lane();
    const content = contentOf({ to, data: request.data ?? undefined, value: BigInt(request.value ?? 0) });
    const key = this.#key;
    const known = key === undefined ? undefined : await lane.recorded(key, content);
    if (known) {
      void lane.resume().catch(() => undefined); // so that it is followed; who waits for it hears of a node that is away
      return this.#responseTo(lane, known);
    }
    await lane.resume();
    const populated = await this.#populated({ ...request, to });
    const sign = (nonce: number): Promise<string> => this.#signer.signTransaction({ ...populated, nonce });
    return this.#responseTo(lane, await lane.send({ key, content, sign }));
  }

  signTransaction(request: TransactionRequest): Promise<string> {
    return this.#signer.signTransaction(request);
  }

  signMessage(message: string | Uint8Array): Promise<string> {
    return this.#signer.signMessage(message);
  }

  signTypedData(domain: TypedDataDomain, types: Record<string, TypedDataField[]>, value: Record<string, unknown>): Promise<string> {
    return this.#signer.signTypedData(domain, types, value);
  }

  /** Sends again what a former process left and follows it; the first send does so too. */
  async resume(): Promise<void> {
    await (await this.lane()).resume();
  }

  /** Everything that is not final, lowest nonce first. */
  async pending(): Promise<PendingNonce[]> {
    return (await this.lane()).pending();
  }

  /** The transaction that a key stands for; undefined where it is free. @throws KeyBeingCancelled */
  async recorded(key: string): Promise<TransactionResponse | undefined> {
    const lane = await this.lane();
    const known = await lane.recorded(key);
    return known && this.#responseTo(lane, known);
  }

  /** The same transaction at higher fees, by its nonce or key: 12.5 % more on both at least. @throws NonceNotOpen, FeeCapReached */
  async replace(which: number | string, fees?: Fees): Promise<TransactionResponse> {
    const lane = await this.lane();
    return this.#responseTo(lane, await lane.replace(which, fees));
  }

  /** Uses the nonce for a no-op instead, if the chain takes that first. @throws NonceNotOpen, FeeCapReached */
  async cancel(which: number | string, fees?: Fees): Promise<TransactionResponse> {
    const lane = await this.lane();
    return this.#responseTo(lane, await lane.cancel(which, fees));
  }

  /** Waits until nothing is left that is not final. */
  async settled(): Promise<void> {
    await (await this.lane()).settled();
  }

  /** Stops sending and following; the next process goes on. The store stays open: it is the caller's. */
  async close(): Promise<void> {
    await (await this.#opened.share)?.release();
  }

  /** The account's nonces themselves. */
  async lane(): Promise<LaneNonces> {
    this.#opened.share ??= this.#open();
    try {
      return await (
        await this.#opened.share
      ).lane;
    } catch (error) {
      delete this.#opened.share; // the next call begins anew
      throw error;
    }
  }

  async #open(): Promise<Share> {
    const settings = settingsOf(this.#options);
    const { timeoutMs, signingTimeoutMs } = settings;
    const address = await withinMs(signingTimeoutMs, this.getAddress(), () => {
      const hint = "look at the wallet or the remote signer, then try again";
      return new ProviderUnsuitable(`the signer did not tell its address within ${signingTimeoutMs} ms`, hint);
    });
    // ethers itself asks for ever where no node answers
    const { chainId } = await withinMs(
      timeoutMs,
      readPatiently(systemClock, () => this.provider.getNetwork()),
      () => {
        return new RpcUnanswered("eth_chainId", "the provider", `nothing within ${timeoutMs} ms`);
      },
    );
    return shareLane("ethers", {
      ...settings,
      rpc: new EthersRpc(this.provider, timeoutMs),
      chainId: Number(chainId),
      address,
      kit: ethersKit(this.#signer, chainId, address),
    });
  }

  /** With everything but the nonce. The gas is estimated without one: the account's own is not known before it is signed. */
  async #populated(request: TransactionRequest): Promise<TransactionRequest> {
    const call = await this.populateCall(request);
    const gasLimit = request.gasLimit ?? (await readPatiently(systemClock, () => this.provider.estimateGas(call)));
    const priced = await readPatiently(systemClock, () => this.populateTransaction({ ...request, gasLimit, nonce: 0 }));
    const { nonce: _, from: __, ...populated } = priced;
    return populated;
  }

  #responseTo(lane: LaneNonces, recorded: Recorded): TransactionResponse {
    return new DurableTransactionResponse(recorded, this.provider, lane);
  }
}

function checkRequest({ nonce, type, blobs, blobVersionedHashes, authorizationList }: TransactionRequest): void {
  if (nonce !== undefined && nonce !== null) throw new NonceGiven(nonce);
  if (blobs ?? blobVersionedHashes) throw new UnsupportedTransaction("a blob transaction");
  if (authorizationList) throw new UnsupportedTransaction("an EIP-7702 transaction");
  if (type !== undefined && type !== null && !sentTypes.includes(type)) throw new UnsupportedTransaction(`a transaction of type ${type}`);
}
