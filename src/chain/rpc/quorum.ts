import { type RpcCall, type RpcOutcome, RpcUnanswered } from "./rpc.ts";
import { isUnanswered } from "./endpoint.ts";

/** What one endpoint said to one call. */
export interface Vote {
  readonly endpoint: string;
  readonly outcome: RpcOutcome<unknown>;
}

/**
 * The value that two endpoints agree on, once there is one. A refusal is no vote: it says what the node cannot do, not
 * what the chain holds (a node behind the others refuses a block that it does not have yet).
 */
export function agreed(call: RpcCall, votes: readonly Vote[]): RpcOutcome<unknown> | undefined {
  const seen = new Set<string>();
  for (const { outcome } of votes) {
    if (!outcome.ok) continue;
    const key = keyOf(call, outcome.value);
    if (seen.has(key)) return outcome;
    seen.add(key);
  }
  return undefined;
}

/**
 * What votes without an agreement come to.
 *
 * One value among refusals stands, as it would from a single endpoint. Several values, or one beside an endpoint that
 * gave no answer, are doubt (law 7: one lagging endpoint never moves a counter), but for the count of pending
 * transactions, where the higher one is taken: gossip between pools is uneven, and the node that knows more knows better.
 */
export function undecided(call: RpcCall, votes: readonly Vote[]): RpcOutcome<unknown> {
  const values = votes.flatMap(({ outcome }) => (outcome.ok ? [outcome] : []));
  const [value] = values;
  if (isPendingCount(call) && value) return { ok: true, value: values.map((each) => each.value).reduce(higher) };
  const silent = votes.find(({ outcome }) => isUnanswered(outcome));
  if (value && values.length === 1 && !silent) return value;
  if (!value && silent) return silent.outcome;
  if (!value) return votes[0]?.outcome ?? doubt(call, "nobody", "no endpoint was asked");
  const names = votes.filter(({ outcome }) => outcome.ok).map(({ endpoint }) => endpoint);
  const why = values.length > 1 ? "the endpoints disagree" : `${silent?.endpoint ?? "another"} gave no answer to compare with`;
  return doubt(call, names.join(" and "), why);
}

const doubt = (call: RpcCall, who: string, why: string): RpcOutcome<never> => ({
  ok: false,
  error: new RpcUnanswered(call.method, who, why),
});

const isPendingCount = ({ method, params }: RpcCall): boolean => method === "eth_getTransactionCount" && params[1] === "pending";

/** By value: nodes differ in how they write a quantity and in what they add to a receipt. */
function keyOf({ method }: RpcCall, value: unknown): string {
  if (method === "eth_getTransactionCount") return numberOf(value)?.toString() ?? `no number: ${JSON.stringify(value)}`;
  if (method === "eth_getTransactionReceipt") return keyOfFields(value, ["blockHash", "status", "transactionHash"]);
  if (!Array.isArray(value)) return JSON.stringify(value);
  return value.map((log) => keyOfFields(log, ["blockHash", "transactionHash", "logIndex", "address", "topics", "data"])).join();
}

function keyOfFields(value: unknown, fields: readonly string[]): string {
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const found = value as Record<string, unknown>;
  return fields
    .map((field) => JSON.stringify(found[field]))
    .join()
    .toLowerCase();
}

function higher(a: unknown, b: unknown): unknown {
  return (numberOf(b) ?? -1n) > (numberOf(a) ?? -1n) ? b : a;
}

function numberOf(value: unknown): bigint | undefined {
  return typeof value === "string" && /^0x[0-9a-f]+$/i.test(value) ? BigInt(value) : undefined;
}
