import { MintdError } from "../../error.ts";
import { visible } from "../../foreign-text.ts";

/** The node answered, with an error of its own, whose words may be a contract's: they are shown so that nothing hides in them. */
export class RpcRefused extends MintdError {
  readonly code = "RPC_REFUSED";
  readonly method: string;
  /** JSON-RPC error code as the node gave it. */
  readonly rpcCode: number;
  readonly data: unknown;

  constructor(method: string, rpcCode: number, message: string, data: unknown) {
    super(`${method}: ${visible(message)} (${rpcCode})`);
    this.method = method;
    this.rpcCode = rpcCode;
    this.data = data;
  }
}

/**
 * No answer that can be believed: timeout, reset, HTTP error, no JSON. Nobody knows whether the node did what it was
 * asked; a caller treats it as doubt, never as failure.
 */
export class RpcUnanswered extends MintdError {
  readonly code = "RPC_UNANSWERED";
  readonly method: string;

  constructor(method: string, endpoint: string, why: string, cause?: unknown) {
    super(`${method}: no usable answer from ${endpoint}: ${why}`, {
      cause,
      hint: "check that the node runs and that the URL is right; mintd asks again by itself while it runs",
    });
    this.method = method;
  }
}

export interface RpcCall {
  readonly method: string;
  readonly params: readonly unknown[];
}

/** What one call of several came to. */
export type RpcOutcome<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: RpcRefused | RpcUnanswered };

/** One JSON-RPC endpoint. The pool of many endpoints stands behind the same door. */
export interface Rpc {
  /** @throws RpcRefused, RpcUnanswered */
  request<T>(method: string, params: readonly unknown[]): Promise<T>;
  /** Several calls in one HTTP request; what each came to, in the order of the calls. Never throws for an answer. */
  each<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]>;
}

/** Several calls in one HTTP request, answers in the order of the calls. @throws the first error among them */
export async function batch<T>(rpc: Rpc, calls: readonly RpcCall[]): Promise<T[]> {
  return (await rpc.each<T>(calls)).map((outcome) => {
    if (!outcome.ok) throw outcome.error;
    return outcome.value;
  });
}

/** A quantity as JSON-RPC writes it. */
export const toQuantity = (value: number | bigint): string => `0x${value.toString(16)}`;

export const isRpcError = (error: unknown): error is RpcRefused | RpcUnanswered =>
  error instanceof RpcRefused || error instanceof RpcUnanswered;

/** Number of the newest block. @throws RpcUnanswered, RpcRefused */
export const headOf = async (rpc: Pick<Rpc, "request">): Promise<number> => Number(await rpc.request<string>("eth_blockNumber", []));

/** What `read` gives or throws, as an outcome. Other errors than the two of an endpoint go through. */
export function outcomeOf<T>(read: () => T): RpcOutcome<T> {
  try {
    return { ok: true, value: read() };
  } catch (error) {
    if (!isRpcError(error)) throw error;
    return { ok: false, error };
  }
}
