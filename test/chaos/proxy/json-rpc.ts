/** One call as it comes over the wire. */
export interface Call {
  readonly jsonrpc: "2.0";
  readonly id: unknown;
  readonly method: string;
  readonly params?: readonly unknown[];
}

export interface CallError {
  readonly code: number;
  readonly message: string;
  readonly data?: unknown;
}

/** A node's answer without the id. */
export type Answer = { readonly result: unknown } | { readonly error: CallError };

/** The calls of a request. @throws SyntaxError where it is no JSON or holds something that is no call */
export function callsOf(body: string): { readonly calls: readonly Call[]; readonly many: boolean } {
  const parsed: unknown = JSON.parse(body);
  const calls: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  if (calls.length === 0 || !calls.every(isCall)) throw new SyntaxError("not a JSON-RPC call");
  return { calls, many: Array.isArray(parsed) };
}

function isCall(value: unknown): value is Call {
  return typeof value === "object" && value !== null && "method" in value && typeof value.method === "string";
}
