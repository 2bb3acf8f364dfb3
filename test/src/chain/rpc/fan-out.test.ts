import { expect } from "chai";
import { RpcPool, type RpcPoolOptions } from "../../../../src/chain/index.ts";
import { systemClock } from "../../../../src/clock.ts";
import { keccak256 } from "../../../../src/keccak/index.ts";
import { eventually } from "../../../eventually.ts";
import { HttpNode, type Mood, Refusal } from "./http-node.ts";

const raw = "0x02f8";
const hash = `0x${keccak256(Buffer.from("02f8", "hex")).toString("hex")}`;
const oops: Mood = { status: 502, body: "oops" };

type Answer = "takes" | "known" | "funds" | "underpriced" | "unknown words" | "fails";

const answers: Record<Exclude<Answer, "fails" | "takes">, string> = {
  known: "already known",
  funds: "insufficient funds for gas * price + value",
  underpriced: "transaction underpriced",
  "unknown words": "the moon is full",
};

/** What comes of two endpoints' answers, the first named first. */
const table: readonly [Answer, Answer, string][] = [
  ["takes", "takes", "hash"],
  ["takes", "fails", "hash"],
  ["fails", "takes", "hash"],
  ["funds", "takes", "hash"],
  ["funds", "known", "hash"],
  ["known", "known", "hash"],
  ["fails", "known", "hash"],
  ["fails", "funds", "HTTP 502"],
  ["funds", "fails", "HTTP 502"],
  ["fails", "underpriced", "HTTP 502"],
  ["underpriced", "fails", "HTTP 502"],
  ["funds", "underpriced", "underpriced"],
  ["underpriced", "funds", "underpriced"],
  ["funds", "unknown words", "the moon is full"],
  ["funds", "funds", "insufficient funds"],
];

describe("A broadcast through the pool", () => {
  let nodes: [HttpNode, HttpNode];

  const open = (options: Partial<RpcPoolOptions> = {}) =>
    RpcPool.open({ endpoints: nodes.map((node) => node.source()), chainId: 31_337, clock: systemClock, ...options });

  function answer(node: HttpNode, what: Answer): void {
    node.mood = what === "fails" ? oops : "answers";
    node.on("eth_sendRawTransaction", () => (what === "takes" || what === "fails" ? hash : new Refusal(answers[what])));
  }

  beforeEach(async () => (nodes = [await HttpNode.start(), await HttpNode.start()]));
  afterEach(() => Promise.all(nodes.map((node) => node.end())));

  for (const [first, second, expected] of table) {
    it(`one ${first}, the other ${second}: ${expected}`, async () => {
      const pool = await open();
      answer(nodes[0], first);
      answer(nodes[1], second);
      const said = await pool.request<string>("eth_sendRawTransaction", [raw]).catch((error: unknown) => String(error));
      if (expected === "hash") expect(said).to.equal(hash);
      else expect(said).to.contain(expected);
      await pool.close();
      expect(nodes.map((node) => node.count("eth_sendRawTransaction"))).to.deep.equal([1, 1]);
    });
  }

  it("is over with the first success, while close() waits for the other endpoint", async () => {
    const pool = await open();
    const [quick, slow] = nodes;
    answer(quick, "takes");
    slow.mood = "silent";
    expect(await pool.request("eth_sendRawTransaction", [raw])).to.equal(hash);
    await eventually("the other has it too", () => slow.waiting === 1 || undefined);
    let closed = false;
    const closing = pool.close().then(() => (closed = true));
    await quick.source().rpc.request("eth_blockNumber", []); // some turns of the loop later
    expect(closed).to.equal(false);
    slow.release();
    await closing;
  });

  it("is no doubt for an endpoint that was not asked", async () => {
    const pool = await open({ pausesMs: [60_000] });
    answer(nodes[0], "fails");
    answer(nodes[1], "funds");
    const said: string[] = [];
    for (let i = 0; i < 8; i++) {
      said.push(await pool.request<string>("eth_sendRawTransaction", [raw]).catch((error: unknown) => String(error)));
    }
    expect(said[0]).to.contain("HTTP 502");
    expect(pool.snapshot()[0]?.breaker).to.equal("open");
    expect(said.at(-1)).to.contain("insufficient funds");
    nodes[1].mood = oops;
    const nobody = await pool.request("eth_sendRawTransaction", [raw]).catch((error: unknown) => String(error));
    expect(nobody, "the one that was asked").to.contain("HTTP 502");
  });

  it("of many goes to each endpoint as one batch, with an outcome for each", async () => {
    const pool = await open();
    const [a, b] = nodes;
    a.on("eth_sendRawTransaction", ([bytes]) => (bytes === "0x01" ? "0xa1" : new Refusal(answers.funds)));
    b.on("eth_sendRawTransaction", ([bytes]) => (bytes === "0x02" ? "0xb2" : new Refusal(answers.underpriced)));
    const before = nodes.map((node) => node.requests);
    const outcomes = await pool.each(["0x01", "0x02", "0x03"].map((bytes) => ({ method: "eth_sendRawTransaction", params: [bytes] })));
    expect(outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.error.message))).to.deep.equal([
      "0xa1",
      "0xb2",
      "eth_sendRawTransaction: transaction underpriced (-32000)",
    ]);
    await pool.close();
    expect(nodes.map((node, i) => node.requests - (before[i] ?? 0))).to.deep.equal([1, 1]);
  });

  it("in one batch with reads keeps the order of the calls", async () => {
    const pool = await open();
    for (const node of nodes)
      node
        .on("eth_sendRawTransaction", () => hash)
        .on("eth_gasPrice", () => "0x7")
        .on("eth_getTransactionCount", () => "0x5");
    const methods = ["eth_gasPrice", "eth_sendRawTransaction", "eth_getTransactionCount", "evm_mine", "eth_gasPrice"];
    const outcomes = await pool.each(methods.map((method) => ({ method, params: [raw, "latest"] })));
    expect(outcomes.map((outcome) => outcome.ok && outcome.value)).to.deep.equal(["0x7", hash, "0x5", null, "0x7"]);
    await pool.close();
  });
});
