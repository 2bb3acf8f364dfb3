import { MintdError } from "../error.ts";

/** An error as it may be shown anywhere. */
export interface ErrorRecord {
  readonly code: string;
  readonly message: string;
  readonly hint?: string;
  readonly cause?: ErrorRecord;
}

const mostCauses = 8;
const longestMessage = 1_000;

/** An error's stable code; of one that is not ours, the system's code or `UNEXPECTED`. */
export function codeOf(error: unknown): string {
  if (error instanceof MintdError) return error.code;
  const code = error instanceof Error && "code" in error ? error.code : undefined;
  return typeof code === "string" && /^[A-Z][A-Z0-9_]{1,60}$/.test(code) ? code : "UNEXPECTED";
}

/**
 * An error for a log: code, message and hint, and of its causes code and message. No stacks and no other fields: what
 * they hold nobody has looked through for secrets.
 */
export function describeError(error: unknown): ErrorRecord {
  const hint = error instanceof MintdError ? error.hint : undefined;
  return { ...chain(error, mostCauses), ...(hint === undefined ? {} : { hint: scrub(hint) }) };
}

function chain(error: unknown, left: number): ErrorRecord {
  const cause = error instanceof Error && left > 1 ? error.cause : undefined;
  return {
    code: codeOf(error),
    message: scrub(error instanceof Error ? error.message : "not an error"),
    ...(cause === undefined || cause === null ? {} : { cause: chain(cause, left - 1) }),
  };
}

/**
 * A message of ours or of a node without what does not belong into a log: of URLs the host alone (their path or user part
 * may be a customer's key), of hexadecimal longer than a hash its beginning (signed bytes, calldata).
 */
export function scrub(message: string): string {
  const short = message.length > longestMessage ? `${message.slice(0, longestMessage)}…` : message;
  return short.replaceAll(/[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi, hostOf).replaceAll(/(0x[0-9a-f]{8})[0-9a-f]{57,}/gi, "$1…");
}

/** The host of a URL and nothing else of it; of a text that is no URL, what stands where a host would. */
export function hostOf(url: string): string {
  if (url.includes("://") && URL.canParse(url)) return new URL(url).host;
  const [authority = ""] = url.replace(/^[a-z][a-z0-9+.-]*:\/\//i, "").split(/[/?#\s]/);
  return authority.slice(authority.lastIndexOf("@") + 1);
}
