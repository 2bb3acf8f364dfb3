import { FeedAnswerInvalid, FeedAnswerTooLarge, FeedRefused, FeedUnreachable, InvalidFeed } from "./errors.ts";

export interface BoundedGet {
  /** Of the feed, for errors. */
  readonly name: string;
  readonly url: URL;
  /** Most bytes of the answer, as they are after decompression. */
  readonly maxBytes: number;
  readonly signal: AbortSignal;
}

const loopback = new Set(["localhost", "127.0.0.1", "[::1]"]);

/**
 * The one place that a feed over HTTP may ask: https, or http to this machine. Never part of a message, since its path and
 * query may hold a key.
 * @throws InvalidFeed
 */
export function feedUrl(name: string, text: string): URL {
  const url = URL.parse(text);
  if (url === null) throw new InvalidFeed(name, "its url is none");
  const isPlain = url.protocol === "http:" && loopback.has(url.hostname);
  if (url.protocol !== "https:" && !isPlain) throw new InvalidFeed(name, "its url is not https");
  if (url.username !== "" || url.password !== "") throw new InvalidFeed(name, "its url has a user or password in it");
  return url;
}

/**
 * The JSON that is at a URL, at this URL alone: a redirect is a refusal. Reads no more than it may.
 * @throws FeedUnreachable, FeedRefused, FeedAnswerTooLarge, FeedAnswerInvalid; the signal's reason
 */
export async function getJson({ name, url, maxBytes, signal }: BoundedGet): Promise<unknown> {
  try {
    const response = await fetch(url, { redirect: "manual", signal, headers: { accept: "application/json" } });
    if (response.status !== 200) {
      await response.body?.cancel();
      throw new FeedRefused(name, `HTTP ${response.status} from ${url.host}`);
    }
    return parse(name, await readAtMost(name, response, maxBytes));
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof TypeError) throw new FeedUnreachable(name, reasonOf(error));
    throw error;
  }
}

async function readAtMost(name: string, response: Response, maxBytes: number): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  let length = 0;
  // Leaving the loop ends the connection: what is left of the answer is not read.
  for await (const chunk of (response.body ?? []) as AsyncIterable<Uint8Array>) {
    length += chunk.length;
    if (length > maxBytes) throw new FeedAnswerTooLarge(name, maxBytes);
    chunks.push(chunk);
  }
  return Buffer.concat(chunks);
}

function parse(name: string, body: Buffer): unknown {
  try {
    return JSON.parse(body.toString("utf8")) as unknown;
  } catch {
    throw new FeedAnswerInvalid(name, "no JSON"); // without its cause, which quotes the answer
  }
}

/** The code alone: fetch puts the URL, and with it perhaps a key, into its messages. */
function reasonOf(error: TypeError): string {
  return error.cause instanceof Error && "code" in error.cause ? String(error.cause.code) : "the connection failed";
}
