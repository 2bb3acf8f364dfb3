import { expect } from "chai";
import fc from "fast-check";
import { RpcPool, RpcRefused, RpcUnanswered } from "../../../../src/chain/index.ts";
import { isRpcError, type Rpc, type RpcCall, type RpcOutcome } from "../../../../src/chain/rpc/rpc.ts";
import { HandClock } from "./hand-clock.ts";

/** One endpoint's answer to the one call: a value, a refusal, or silence. */
type Say = { readonly value: unknown } | "refuses" | "silent";

const seed = Number(process.env["QUORUM_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
const runs = { seed, numRuns: 400 };

/** An endpoint of the same chain and head as all others, which answers the call in question as told. */
class Scripted implements Rpc {
  readonly #say: (params: readonly unknown[]) => Say;
  asked = 0;

  constructor(say: Say | ((params: readonly unknown[]) => Say)) {
    this.#say = typeof say === "function" ? say : () => say;
  }

  request<T>(method: string, params: readonly unknown[]): Promise<T> {
    const usual: Record<string, unknown> = {
      eth_chainId: "0x1",
      eth_blockNumber: "0x64",
      eth_getBlockByNumber: { number: "0x64", hash: "0xab" },
    };
    if (method in usual) return Promise.resolve(usual[method] as T);
    this.asked++;
    const say = this.#say(params);
    if (say === "silent") return Promise.reject(new RpcUnanswered(method, "the endpoint", "ECONNRESET"));
    if (say === "refuses") return Promise.reject(new RpcRefused(method, -32_000, "header not found", undefined));
    return Promise.resolve(say.value as T);
  }

  each<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]> {
    return Promise.all(
      calls.map(({ method, params }) =>
        this.request<T>(method, params).then(
          (value): RpcOutcome<T> => ({ ok: true, value }),
          (error: unknown): RpcOutcome<T> => {
            if (!isRpcError(error)) throw error;
            return { ok: false, error };
          },
        ),
      ),
    );
  }
}

async function ask(says: readonly Say[], method: string, params: readonly unknown[]): Promise<{ said: unknown; endpoints: Scripted[] }> {
  const endpoints = says.map((say) => new Scripted(say));
  const pool = await RpcPool.open({
    endpoints: endpoints.map((rpc, i) => ({ name: `endpoint-${i}`, rpc })),
    chainId: 1,
    clock: new HandClock(),
  });
  const said = await pool.request(method, params).catch((error: unknown) => error);
  await pool.close();
  return { said, endpoints };
}

const receipt = (blockHash: string, status = "0x1") => ({ transactionHash: "0xaa", blockHash, status, logs: [] });

/** The kinds of read that need two, with values of which some are alike. */
const reads = {
  "the count at the head": { method: "eth_getTransactionCount", params: ["0xA", "latest"], values: ["0x5", "0x05", "0x6", "0x7"] },
  "the pending count": { method: "eth_getTransactionCount", params: ["0xA", "pending"], values: ["0x5", "0x05", "0x6", "0xa"] },
  "the count at a block": { method: "eth_getTransactionCount", params: ["0xA", "0x10"], values: ["0x5", "0x6"] },
  "a receipt": {
    method: "eth_getTransactionReceipt",
    params: ["0xaa"],
    values: [null, receipt("0xb1"), { ...receipt("0xB1"), blockTimestamp: "0x1" }, receipt("0xb2"), receipt("0xb1", "0x0")],
  },
  "the logs of a block": {
    method: "eth_getLogs",
    params: [{ blockHash: "0xb1" }],
    values: [[], [{ blockHash: "0xb1", transactionHash: "0xaa", logIndex: "0x0", topics: ["0x1"], data: "0x", address: "0xC" }]],
  },
} as const;

const number = (value: unknown): bigint => BigInt(value as string);

/** Equal as the rule means it. */
function alike(method: string, a: unknown, b: unknown): boolean {
  if (method === "eth_getTransactionCount") return number(a) === number(b);
  if (method === "eth_getLogs") return JSON.stringify(a) === JSON.stringify(b);
  if (a === null || b === null) return a === b;
  const [one, other] = [a, b] as { blockHash: string; status: string }[];
  return one?.blockHash.toLowerCase() === other?.blockHash.toLowerCase() && one?.status === other?.status;
}

describe("Quorum of two", () => {
  before(() => {
    console.log(`QUORUM_SEED=${seed}`);
  });

  for (const [name, { method, params, values }] of Object.entries(reads)) {
    const say = fc.oneof(
      { weight: 4, arbitrary: fc.constantFrom(...values).map((value) => ({ value })) },
      fc.constantFrom("refuses", "silent"),
    );

    it(`${name}: never what one endpoint alone says against another`, async () => {
      await fc.assert(
        fc.asyncProperty(fc.array(say, { minLength: 2, maxLength: 5 }), async (says) => {
          const { said } = await ask(says, method, params);
          const told = says.flatMap((each) => (typeof each === "string" ? [] : [each.value]));
          const votes = (value: unknown) => told.filter((each) => alike(method, each, value)).length;
          const silent = says.includes("silent");
          if (said instanceof RpcUnanswered) {
            // Doubt only where there is reason for it.
            expect(told.every((value) => votes(value) < 2)).to.equal(true);
            expect(silent || told.length > 1).to.equal(true);
            expect(params[1] === "pending" && told.length > 0, "pending counts are always told").to.equal(false);
          } else if (said instanceof RpcRefused) {
            expect(told).to.deep.equal([]);
          } else if (votes(said) < 2) {
            if (params[1] === "pending") expect(number(said)).to.equal(told.map(number).reduce((a, b) => (a > b ? a : b)));
            else expect([told.length, silent], "one value, and only refusals beside it").to.deep.equal([1, false]);
          }
        }),
        runs,
      );
    });
  }

  it("asks two, and further ones only where they differ", async () => {
    const five = { value: "0x5" };
    const six = { value: "0x6" };
    const count = async (says: readonly Say[]) => {
      const { said, endpoints } = await ask(says, "eth_getTransactionCount", ["0xA", "0x10"]);
      return [said instanceof RpcUnanswered ? said.code : said, endpoints.reduce((sum, { asked }) => sum + asked, 0)];
    };
    expect(await count([five, five, six, six])).to.deep.equal(["0x5", 2]);
    expect(await count([five, six, six, five])).to.deep.equal(["0x6", 3]);
    expect(await count([five, six])).to.deep.equal(["RPC_UNANSWERED", 2]);
    expect(await count([five])).to.deep.equal(["0x5", 1]);
  });

  it("takes a null receipt beside a receipt for a disagreement, not for no receipt", async () => {
    const { said } = await ask([{ value: null }, { value: receipt("0xb1") }], "eth_getTransactionReceipt", ["0xaa"]);
    expect(said).to.be.instanceOf(RpcUnanswered);
    expect((said as RpcUnanswered).message)
      .to.contain("endpoint-0 and endpoint-1")
      .and.contain("disagree");
  });

  it("decides a batch call by call", async () => {
    const endpoints = [
      { a: "0x1", b: "0x2", c: "0x3" },
      { a: "0x1", b: "0x9", c: "0x3" },
      { a: "0x8", b: "0x9", c: "0x8" },
    ].map((counts, i) => ({ name: `endpoint-${i}`, rpc: new Scripted(([account]) => ({ value: counts[account as "a"] })) }));
    const pool = await RpcPool.open({ endpoints, chainId: 1, clock: new HandClock() });
    const outcomes = await pool.each(["a", "b", "c"].map((account) => ({ method: "eth_getTransactionCount", params: [account, "0x10"] })));
    expect(outcomes.map((outcome) => outcome.ok && outcome.value)).to.deep.equal(["0x1", "0x9", "0x3"]);
    await pool.close();
  });
});
