import { stalest } from "./faults.ts";
import type { Answer, Call } from "./json-rpc.ts";

/** Questions whose earlier answers are remembered at most; the longest unasked one goes first. */
const mostQuestions = 10_000;

/** The answers that an endpoint gave before. */
export class EarlierAnswers {
  readonly #byQuestion = new Map<string, Answer[]>();

  /** Keeps the answer and gives the one `age` answers ago, or the oldest there is; undefined where nothing older is known. */
  recall({ method, params = [] }: Call, answer: Answer, age: number | undefined): Answer | undefined {
    if (!agesBadly(method, params)) return undefined;
    const question = JSON.stringify([method, params]);
    const earlier = this.#byQuestion.get(question) ?? [];
    const old = age === undefined ? undefined : earlier[Math.max(0, earlier.length - age)];
    this.#byQuestion.delete(question);
    this.#byQuestion.set(question, [...earlier, answer].slice(-stalest));
    const [oldest] = this.#byQuestion.keys();
    if (this.#byQuestion.size > mostQuestions && oldest !== undefined) this.#byQuestion.delete(oldest);
    return old;
  }

  clear(): void {
    this.#byQuestion.clear();
  }
}

/** What a cache in front of a node, or a node that has fallen behind, answers wrongly. */
function agesBadly(method: string, params: readonly unknown[]): boolean {
  if (method === "eth_getBlockByNumber") return params[0] === "latest";
  return ["eth_getTransactionCount", "eth_blockNumber", "eth_getTransactionReceipt"].includes(method);
}
