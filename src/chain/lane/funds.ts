import type { Rpc } from "../rpc/rpc.ts";
import type { Lane } from "./lane.ts";
import { latestOf } from "./lane-ledger.ts";
import { feesOf } from "./replacement.ts";

/**
 * What the lanes can pay. A lane that cannot pay for a transaction is stopped before it signs one; it goes on by itself
 * when somebody has sent it ETH.
 */
export class Funds {
  readonly #rpc: Rpc;
  readonly #balances = new Map<string, bigint>();
  /** What a stopped lane waits for, wei. */
  readonly #needs = new Map<string, bigint>();

  /** The newest head under which the balances were read. */
  #under: { readonly head: string | undefined; readonly read: Promise<unknown> } | undefined;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  /**
   * Reads the balances of these lanes in one request and starts those that can pay again. Returns the latter. A lane whose
   * answer fails keeps the balance it had.
   * @throws RpcUnanswered, RpcRefused where a balance was never read
   */
  async read(lanes: readonly Lane[]): Promise<Lane[]> {
    const calls = lanes.map(({ address }) => ({ method: "eth_getBalance", params: [address, "latest"] }));
    const balances = await this.#rpc.each<string>(calls);
    lanes.forEach(({ address }, i) => {
      const balance = balances[i];
      if (balance?.ok === true) this.#balances.set(address, BigInt(balance.value));
      else if (balance && !this.#balances.has(address)) throw balance.error;
    });
    const funded = lanes.filter((lane) => this.isLow(lane) && this.spare(lane) >= (this.#needs.get(lane.address) ?? 0n));
    for (const { address } of funded) this.#needs.delete(address);
    return funded;
  }

  /** The same for all lanes, once under each head however many ask. Returns those that can pay again to the first who asks. */
  async under(head: string | undefined, lanes: readonly Lane[]): Promise<Lane[]> {
    if (head !== undefined && this.#under?.head === head) {
      await this.#under.read;
      return [];
    }
    const read = this.read(lanes);
    const under = { head, read };
    this.#under = under;
    read.catch(() => {
      if (this.#under === under) this.#under = undefined; // whoever asks next reads anew
    });
    return read;
  }

  /** Wei of the account as last read; undefined before. */
  balance(lane: Lane): bigint | undefined {
    return this.#balances.get(lane.address);
  }

  /** Wei that nothing in flight may need. */
  spare(lane: Lane): bigint {
    const reserved = lane.unmined().reduce((sum, open) => sum + feesOf(latestOf(open)).maxFeePerGas * BigInt(latestOf(open).gasLimit), 0n);
    return (this.#balances.get(lane.address) ?? 0n) - reserved;
  }

  isLow({ address }: Lane): boolean {
    return this.#needs.has(address);
  }

  /** Stops the lane until it has `needed` wei to spare. Returns whether it was not stopped before. */
  stop(lane: Lane, needed: bigint): boolean {
    const before = this.isLow(lane);
    this.#needs.set(lane.address, needed);
    return !before;
  }
}
