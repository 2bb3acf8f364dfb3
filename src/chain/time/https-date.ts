import { Agent, request } from "node:https";
import { MintdError } from "../../error.ts";
import type { TimeReading, TimeSource } from "../../nonce/index.ts";

/** A time source gave no time that can be used. The clock goes on with the others and the blocks. */
export class TimeSourceUnreadable extends MintdError {
  readonly code = "TIME_SOURCE_UNREADABLE";
  constructor(source: string, problem: string, cause?: unknown) {
    super(`the time source ${source} tells no time: ${problem}`, {
      cause,
      hint: "it is asked again in a minute; see the setting clock.sources",
    });
  }
}

export interface HttpsDateOptions {
  /** An https URL; its answer's `Date` is read and nothing else of it. */
  readonly url: string;
  /** Milliseconds that never go backward. */
  readonly monotonic: () => number;
  /** Resolves after `ms`, or at once when the signal aborts. */
  readonly pause: (ms: number, signal: AbortSignal) => Promise<void>;
  /** Certificates to trust in place of the system's, PEM. */
  readonly ca?: string;
  /** Time after which a question counts as unanswered. */
  readonly timeoutMs?: number;
}

/** One question: when it was sent and answered, and the whole second of the answer. */
interface Asked {
  readonly sentAtMs: number;
  readonly answeredAtMs: number;
  readonly dateMs: number;
}

/** Questions to one reading: each halves what is not known, from a second down to the round trip. */
const questions = 6;

/** How far the clock of a server that is kept by NTP may be off. */
const serverOffMs = 50;

/**
 * The `Date` of an HTTPS server, which its certificate vouches for. One answer tells the time to a second; the next question
 * is sent so that it meets the turn of a second as it would be in the middle of what is left, and the answer says on which
 * side of it the truth is, as htpdate does.
 *
 * What remains: whoever holds up the answer makes the reading wider, never wrong; the certificate's validity is judged by
 * the system's clock.
 */
export class HttpsDate implements TimeSource {
  readonly name: string;
  readonly #options: HttpsDateOptions;
  /** One connection, so that the TLS handshake is no part of the round trip. */
  readonly #agent: Agent;

  constructor(options: HttpsDateOptions) {
    this.#options = options;
    this.name = new URL(options.url).host;
    this.#agent = new Agent({ keepAlive: true, maxSockets: 1, ...(options.ca !== undefined && { ca: options.ca }) });
  }

  async read(signal: AbortSignal): Promise<TimeReading> {
    try {
      return await this.#narrow(signal);
    } finally {
      this.#agent.destroy(); // the next reading is minutes away
    }
  }

  async #narrow(signal: AbortSignal): Promise<TimeReading> {
    let [low, high, roundTrip, atMs] = [-Infinity, Infinity, Infinity, 0]; // of real time less monotonic time
    for (let asked = 0; asked < questions && (asked === 0 || high - low > roundTrip); asked++) {
      if (asked > 0) await this.#untilTurn((low + high) / 2, roundTrip, signal);
      const { sentAtMs, answeredAtMs, dateMs } = await this.#ask(signal);
      low = Math.max(low, dateMs - answeredAtMs);
      high = Math.min(high, dateMs + 1_000 - sentAtMs);
      if (low > high) throw new TimeSourceUnreadable(this.name, "its answers contradict each other");
      roundTrip = Math.min(roundTrip, answeredAtMs - sentAtMs);
      atMs = answeredAtMs;
    }
    return { lowMs: low + atMs - serverOffMs, highMs: high + atMs + serverOffMs, atMs };
  }

  /** Waits so long that a question sent then is there when a second turns, if real time is `offset` ahead of monotonic time. */
  async #untilTurn(offset: number, roundTrip: number, signal: AbortSignal): Promise<void> {
    const there = this.#options.monotonic() + offset + roundTrip / 2;
    await this.#options.pause(1_000 - (there % 1_000), signal);
  }

  #ask(signal: AbortSignal): Promise<Asked> {
    const { url, monotonic, timeoutMs = 5_000 } = this.#options;
    const { promise, resolve, reject } = Promise.withResolvers<Asked>();
    const fail = (problem: string, cause?: unknown): void => {
      reject(new TimeSourceUnreadable(this.name, problem, cause));
    };
    let sentAtMs = monotonic();
    const limited = AbortSignal.any([signal, AbortSignal.timeout(timeoutMs)]);
    const asking = request(url, { method: "HEAD", agent: this.#agent, headers: { "cache-control": "no-cache" }, signal: limited });
    asking.once("socket", (socket) => {
      socket.once("secureConnect", () => (sentAtMs = monotonic())); // not on a kept connection, where it is sent at once
    });
    asking.once("response", (response) => {
      const answeredAtMs = monotonic();
      response.resume(); // a HEAD has no body; read to its end, the connection can be used again
      const { headers } = response;
      const dateMs = Date.parse(headers.date ?? "");
      if (Number(headers.age ?? 0) > 0) fail("the answer is an old one, from a cache");
      else if (Number.isNaN(dateMs)) fail("the answer has no date");
      else resolve({ sentAtMs, answeredAtMs, dateMs });
    });
    asking.once("error", (error) => {
      fail(limited.aborted ? "no answer in time" : error.message, error);
    });
    asking.end();
    return promise;
  }
}
