import { keccak256 } from "../../keccak/index.ts";
import { classifyBroadcastError } from "./broadcast-outcome.ts";
import { type Endpoint, isHeld, isUnanswered } from "./endpoint.ts";
import { type RpcCall, type RpcOutcome, RpcUnanswered } from "./rpc.ts";

/** A broadcast to all endpoints. */
export interface FanOut {
  /** One outcome a call, as soon as each is known. */
  readonly outcomes: Promise<RpcOutcome<unknown>[]>;
  /** Resolves when the last endpoint has answered or failed to. */
  readonly done: Promise<unknown>;
}

/**
 * Sends the same eth_sendRawTransaction calls to all `endpoints` at once; an endpoint that lags gets them too, since its
 * pool gossips like any other.
 *
 * A call succeeds with the first endpoint that has the bytes, be they new or "already known" to it: then the result is
 * the transaction's hash as well. Only what a forked endpoint says waits until no other has them. Where none has them, the
 * most telling failure: no answer (that node may have the bytes) before a refusal that is doubt, before one that is not.
 *
 * Race: an endpoint that is held back now may have got the same bytes before. Mitigation: none is needed, since a lane
 * nonce is bound to other work only when another hash of it is final (law 2). What remains: a refusal by the others may be
 * reported while that endpoint's pool still holds the transaction.
 */
export function fanOut(endpoints: readonly Endpoint[], calls: readonly RpcCall[]): FanOut {
  const waiting = calls.map(() => Promise.withResolvers<RpcOutcome<unknown>>());
  const heard = calls.map((): Heard[] => []);
  const done = Promise.allSettled(
    endpoints.map(async (endpoint) => {
      const outcomes = (await answersOf(endpoint, calls)).map((outcome, i) => knownAsSuccess(outcome, calls[i]));
      outcomes.forEach((outcome, i) => {
        heard[i]?.push({ endpoint, outcome });
        if (outcome.ok && !endpoint.forked) waiting[i]?.resolve(outcome);
      });
    }),
  ).then((settled) => {
    waiting.forEach((one, i) => {
      one.resolve(mostTelling(calls[i], endpoints, heard[i] ?? []));
    });
    return settled;
  });
  return { outcomes: Promise.all(waiting.map(({ promise }) => promise)), done };
}

interface Heard {
  readonly endpoint: Endpoint;
  readonly outcome: RpcOutcome<unknown>;
}

/** Whatever else goes wrong at an endpoint is doubt as well. */
async function answersOf(endpoint: Endpoint, calls: readonly RpcCall[]): Promise<RpcOutcome<unknown>[]> {
  try {
    return await endpoint.each(calls);
  } catch (error) {
    return calls.map(({ method }) => ({ ok: false, error: new RpcUnanswered(method, endpoint.name, "asking it failed", error) }));
  }
}

/** The node has the bytes, which is all that was asked for. */
function knownAsSuccess(outcome: RpcOutcome<unknown>, call: RpcCall | undefined): RpcOutcome<unknown> {
  const raw = call?.params[0];
  if (outcome.ok || typeof raw !== "string" || classifyBroadcastError(outcome.error).kind !== "accepted") return outcome;
  return { ok: true, value: `0x${keccak256(Buffer.from(raw.slice(2), "hex")).toString("hex")}` };
}

function mostTelling(call: RpcCall | undefined, endpoints: readonly Endpoint[], heard: readonly Heard[]): RpcOutcome<unknown> {
  const inOrder = endpoints.flatMap((endpoint) => heard.find((each) => each.endpoint === endpoint) ?? []);
  const trusted = [...inOrder.filter(({ endpoint }) => !endpoint.forked), ...inOrder.filter(({ endpoint }) => endpoint.forked)];
  const outcomes = trusted.map(({ outcome }) => outcome);
  const asked = outcomes.filter((outcome) => !isHeld(outcome));
  return (
    asked.find((outcome) => outcome.ok) ??
    asked.find(isUnanswered) ??
    asked.find((outcome) => !outcome.ok && classifyBroadcastError(outcome.error).kind === "doubt") ??
    asked[0] ??
    outcomes[0] ?? { ok: false, error: new RpcUnanswered(call?.method ?? "", "any endpoint", "none could be asked") }
  );
}
