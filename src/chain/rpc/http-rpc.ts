import { isRpcError, outcomeOf, type Rpc, type RpcCall, type RpcOutcome, RpcRefused, RpcUnanswered } from "./rpc.ts";

interface Answer {
  readonly id?: number;
  readonly result?: unknown;
  readonly error?: { readonly code?: number; readonly message?: string; readonly data?: unknown };
}

export interface HttpRpcOptions {
  readonly url: string;
  readonly timeoutMs: number;
}

/** JSON-RPC over HTTP. Never retries by itself: whether a repeat is safe is the caller's knowledge. */
export class HttpRpc implements Rpc {
  readonly #url: string;
  readonly #headers: Readonly<Record<string, string>>;
  readonly #timeoutMs: number;
  /** The host alone: URLs of node providers carry the customer's key in their path or user part. */
  readonly #endpoint: string;
  #nextId = 1;

  constructor(options: HttpRpcOptions) {
    const { url, authorization, host } = endpointOf(options.url);
    this.#url = url;
    this.#headers = { "content-type": "application/json", ...(authorization === undefined ? {} : { authorization }) };
    this.#timeoutMs = options.timeoutMs;
    this.#endpoint = host;
  }

  /** For people: the host alone. */
  get name(): string {
    return this.#endpoint;
  }

  async request<T>(method: string, params: readonly unknown[]): Promise<T> {
    const body = { jsonrpc: "2.0", id: this.#nextId++, method, params };
    return this.#result(method, (await this.#post(method, body)) as Answer) as T;
  }

  async each<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]> {
    if (calls.length === 0) return [];
    const bodies = calls.map(({ method, params }) => ({ jsonrpc: "2.0", id: this.#nextId++, method, params }));
    try {
      const byId = await this.#answers(`batch of ${calls.length} ${bodies[0]?.method ?? ""}`, bodies);
      return bodies.map(({ id, method }) => outcomeOf<T>(() => this.#result(method, byId.get(id)) as T));
    } catch (error) {
      if (!isRpcError(error)) throw error;
      return calls.map(() => ({ ok: false, error }));
    }
  }

  async #answers(name: string, bodies: readonly unknown[]): Promise<Map<number | undefined, Answer | null>> {
    const answers = await this.#post(name, bodies);
    if (Array.isArray(answers)) return new Map((answers as (Answer | null)[]).map((answer) => [answer?.id, answer]));
    this.#result(name, answers as Answer); // a node refuses a whole batch with one error
    return this.#unanswered(name, "one answer for all calls");
  }

  #result(method: string, answer: Answer | null | undefined): unknown {
    if (answer?.error) {
      const { code = 0, message = "no message", data } = answer.error;
      throw new RpcRefused(method, code, message, data);
    }
    if (answer?.result === undefined) throw new RpcUnanswered(method, this.#endpoint, "the answer has neither result nor error");
    return answer.result;
  }

  async #post(method: string, body: unknown): Promise<unknown> {
    try {
      const response = await fetch(this.#url, {
        method: "POST",
        headers: this.#headers,
        body: JSON.stringify(body),
        signal: AbortSignal.timeout(this.#timeoutMs),
      });
      const text = await response.text();
      if (response.status === 429) this.#unanswered(method, "HTTP 429, too many requests"); // whatever the body says
      if (response.ok) return JSON.parse(text) as unknown;
      return refusalOf(text) ?? this.#unanswered(method, `HTTP ${response.status}`);
    } catch (error) {
      if (error instanceof RpcUnanswered) throw error;
      throw new RpcUnanswered(method, this.#endpoint, reasonOf(error, this.#timeoutMs));
    }
  }

  #unanswered(method: string, why: string): never {
    throw new RpcUnanswered(method, this.#endpoint, why);
  }
}

/** fetch takes no URL with a user and password in it; they go into the header that they stand for. */
function endpointOf(given: string): { readonly url: string; readonly host: string; readonly authorization?: string } {
  if (!URL.canParse(given)) return { url: given, host: "an endpoint that is not a URL" };
  const url = new URL(given);
  if (url.username === "" && url.password === "") return { url: given, host: url.host };
  const user = `${decodeURIComponent(url.username)}:${decodeURIComponent(url.password)}`;
  url.username = url.password = "";
  return { url: url.href, host: url.host, authorization: `Basic ${Buffer.from(user).toString("base64")}` };
}

/** Some nodes send a JSON-RPC error with a 4xx status; it is an answer all the same. */
function refusalOf(text: string): unknown {
  try {
    const answer = JSON.parse(text) as Answer;
    return answer.error && typeof answer.error.message === "string" ? answer : undefined;
  } catch {
    return undefined; // not JSON: no answer
  }
}

/** The cause in words. The error itself is not kept: fetch puts the URL, and with it perhaps a key, into it. */
function reasonOf(error: unknown, timeoutMs: number): string {
  if (error instanceof SyntaxError) return "the answer is not JSON";
  if (error instanceof DOMException && error.name === "TimeoutError") return `nothing within ${timeoutMs} ms`;
  const cause = error instanceof Error ? error.cause : undefined;
  const code = cause instanceof Error && "code" in cause ? String(cause.code) : undefined;
  return code ?? "the connection failed";
}
