import { MintdError } from "../error.ts";
import type { TaskError } from "./task-queue.ts";

/** Longest message kept of an error. */
const MAX_MESSAGE = 500;

/**
 * An error as it may be kept and shown. Our own errors hold no secrets by their promise. Other people's may hold anything (an
 * HTTP client names the URL with its key), so URLs and long unbroken runs that could be a key or a token are taken out.
 */
export function failureOf(error: unknown, at: number): TaskError {
  if (error instanceof MintdError) return { at, code: error.code, message: error.message.slice(0, MAX_MESSAGE) };
  if (!(error instanceof Error)) return { at, code: "UNEXPECTED", message: `something that is no error was thrown: ${typeof error}` };
  const code = "code" in error && typeof error.code === "string" && /^\w{1,64}$/.test(error.code) ? error.code : "UNEXPECTED";
  return { at, code, message: withoutSecrets(`${error.name}: ${error.message}`).slice(0, MAX_MESSAGE) };
}

function withoutSecrets(text: string): string {
  return text
    .slice(0, 8 * MAX_MESSAGE) // before the patterns: a message may be as long as a response
    .replace(/[a-z][a-z0-9+.-]*:\/\/\S+/gi, "[url]")
    .replace(/[\w+/=.~-]{20,}/g, "[hidden]");
}
