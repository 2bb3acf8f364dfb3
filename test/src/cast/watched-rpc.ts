import type { Rpc } from "../../../src/chain/index.ts";
import { isRpcError, type RpcCall, type RpcOutcome, type RpcRefused, type RpcUnanswered } from "../../../src/chain/rpc/rpc.ts";

/** An endpoint whose calls are written down, and some of which fail as the test says. */
export class WatchedRpc implements Rpc {
  readonly calls: RpcCall[] = [];
  /** The calls that were answered. */
  readonly answered: RpcCall[] = [];
  failure: (call: RpcCall) => RpcRefused | RpcUnanswered | undefined = () => undefined;
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  async request<T>(method: string, params: readonly unknown[]): Promise<T> {
    const call = { method, params };
    this.calls.push(call);
    const failure = this.failure(call);
    if (failure) throw failure;
    const answer = await this.#rpc.request<T>(method, params);
    this.answered.push(call);
    return answer;
  }

  each<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]> {
    return Promise.all(
      calls.map(({ method, params }) =>
        this.request<T>(method, params).then(
          (value): RpcOutcome<T> => ({ ok: true, value }),
          (error: unknown): RpcOutcome<T> => {
            if (!isRpcError(error)) throw error;
            return { ok: false, error };
          },
        ),
      ),
    );
  }

  /** How many eth_call there were whose data begins so. */
  viewed(selector: string): number {
    return this.calls.filter((call) => isCallOf(call, selector)).length;
  }

  /** First and last blocks of the ranges of logs that were answered. */
  get ranges(): [number, number][] {
    return rangesOf(this.answered);
  }

  forget(): void {
    this.calls.length = this.answered.length = 0;
  }
}

/** Whether it is an eth_call whose data begins so. */
export function isCallOf({ method, params }: RpcCall, selector: string): boolean {
  const [call] = params as [{ readonly data?: string }];
  return method === "eth_call" && call.data?.startsWith(selector) === true;
}

/** First and last blocks of each eth_getLogs. */
export function rangesOf(calls: readonly RpcCall[]): [number, number][] {
  return calls
    .filter(({ method }) => method === "eth_getLogs")
    .map(({ params }) => {
      const [{ fromBlock, toBlock }] = params as [{ readonly fromBlock: string; readonly toBlock: string }];
      return [Number(fromBlock), Number(toBlock)];
    });
}
