import { MintdError } from "../error.ts";
import { codeOf } from "./describe.ts";

interface Row {
  readonly says: RegExp;
  readonly reason: string;
}

/** What an unusable or refusing answer looked like, in a few kinds; the first row that matches decides. */
const rows: readonly Row[] = [
  { says: /nothing within \d+ ms/, reason: "timeout" },
  { says: /ECONNRESET|EPIPE|UND_ERR_SOCKET|socket hang up/, reason: "reset" },
  { says: /ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH/, reason: "unreachable" },
  { says: /HTTP 429/, reason: "rate-limited" },
  { says: /HTTP 5\d\d/, reason: "http-5xx" },
  { says: /HTTP \d\d\d/, reason: "http-other" },
  { says: /not JSON|neither result nor error|one answer for all calls/, reason: "malformed" },
  { says: /nonce (is )?too (low|small)|expected nonce to be/i, reason: "nonce-too-low" },
  { says: /already known|already imported|known transaction/i, reason: "already-known" },
  { says: /underpriced/i, reason: "underpriced" },
  { says: /less than block base fee/i, reason: "below-base-fee" },
];

/** Every kind that {@link doubtOf} may give. */
export const doubtReasons: readonly string[] = [...rows.map(({ reason }) => reason), "other"];

/** The kind of doubt that an endpoint's error is, or undefined where it is none. */
export function doubtOf(error: unknown): string | undefined {
  const code = codeOf(error);
  if (!(error instanceof MintdError) || (code !== "RPC_UNANSWERED" && code !== "RPC_REFUSED")) return undefined;
  return rows.find(({ says }) => says.test(error.message))?.reason ?? "other";
}
