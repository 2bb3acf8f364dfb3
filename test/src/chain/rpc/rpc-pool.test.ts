import { inspect } from "node:util";
import { expect } from "chai";
import { RpcPool, type RpcPoolOptions, RpcRefused } from "../../../../src/chain/index.ts";
import { systemClock } from "../../../../src/clock.ts";
import type { MintdError } from "../../../../src/error.ts";
import { eventually } from "../../../eventually.ts";
import { failure } from "../../store/expectations.ts";
import { HandClock } from "./hand-clock.ts";
import { HttpNode, type Mood, Refusal, secret } from "./http-node.ts";

const oops: Mood = { status: 500, body: "oops" };
const patient = { pausesMs: [60_000] };

describe("RpcPool over faulty endpoints", () => {
  const nodes: HttpNode[] = [];
  let troubles: unknown[];

  async function start(count: number): Promise<HttpNode[]> {
    const fresh = await Promise.all(Array.from({ length: count }, () => HttpNode.start()));
    nodes.push(...fresh);
    return fresh;
  }

  function open(over: readonly HttpNode[], options: Partial<RpcPoolOptions> = {}): Promise<RpcPool> {
    const onTrouble = (error: unknown) => troubles.push(error);
    return RpcPool.open({ endpoints: over.map((node) => node.source()), chainId: 31_337, clock: systemClock, onTrouble, ...options });
  }

  /** The node that answered the newest read, and the other one. */
  function readFrom(a: HttpNode, b: HttpNode, method: string): [HttpNode, HttpNode] {
    return a.count(method) > 0 ? [a, b] : [b, a];
  }

  beforeEach(() => (troubles = []));
  afterEach(() => Promise.all(nodes.splice(0).map((node) => node.end())));

  describe("reads", () => {
    it("stay with one endpoint, go to the next where it gives no answer, and stay there", async () => {
      const [a, b] = (await start(2)) as [HttpNode, HttpNode];
      for (const node of [a, b]) node.on("eth_gasPrice", () => "0x1");
      const pool = await open([a, b]);
      for (let i = 0; i < 5; i++) expect(await pool.request("eth_gasPrice", [])).to.equal("0x1");
      const [first, second] = readFrom(a, b, "eth_gasPrice");
      expect([first.count("eth_gasPrice"), second.count("eth_gasPrice")]).to.deep.equal([5, 0]);
      for (const mood of ["resets", oops, { status: 200, body: "<html>" }, "resets"] satisfies Mood[]) {
        const [now, next] = first.mood === "answers" ? [first, second] : [second, first];
        next.mood = "answers";
        now.mood = mood;
        const before = next.count("eth_gasPrice");
        expect(await pool.request("eth_gasPrice", []), JSON.stringify(mood)).to.equal("0x1");
        now.mood = "answers";
        for (let i = 0; i < 5; i++) await pool.request("eth_gasPrice", []);
        expect(next.count("eth_gasPrice"), "all of them").to.equal(before + 6);
        now.mood = oops; // so that the next round begins with the other one
      }
    });

    it("do not go back to the first endpoint only because it answers again: the head must not flap between nodes", async () => {
      const [a, b] = (await start(2)) as [HttpNode, HttpNode];
      for (const node of [a, b]) node.on("eth_gasPrice", () => "0x1");
      const pool = await open([a, b], { clock: new HandClock() }); // both take no time: the first one is the better one
      await pool.request("eth_gasPrice", []);
      a.mood = oops;
      await pool.request("eth_gasPrice", []);
      a.mood = "answers";
      for (let i = 0; i < 20; i++) await pool.request("eth_gasPrice", []);
      expect([a.count("eth_gasPrice"), b.count("eth_gasPrice")]).to.deep.equal([2, 21]);
      b.mood = oops;
      await pool.request("eth_gasPrice", []);
      expect(a.count("eth_gasPrice")).to.equal(3);
    });

    it("are not asked again where a node refuses: that is an answer", async () => {
      const [a, b] = (await start(2)) as [HttpNode, HttpNode];
      for (const node of [a, b]) node.on("eth_call", () => new Refusal("execution reverted", 3));
      const pool = await open([a, b]);
      expect(await pool.request("eth_call", []).catch((error: unknown) => error)).to.be.instanceOf(RpcRefused);
      expect(a.count("eth_call") + b.count("eth_call")).to.equal(1);
    });

    it("of a batch go to one endpoint in one HTTP request, and only what it did not answer to the next", async () => {
      const [a, b] = (await start(2)) as [HttpNode, HttpNode];
      for (const node of [a, b]) node.on("eth_getCode", ([n]) => n).on("eth_call", () => new Refusal("no", 3));
      const pool = await open([a, b]);
      await pool.request("eth_getCode", ["0x0"]);
      const [first, second] = readFrom(a, b, "eth_getCode");
      first.on("eth_getCode", ([n]) => (n === "0x2" ? new Refusal("too many requests", -32_005) : n));
      const before = first.requests;
      const calls = ["0x1", "0x2", "0x3"].map((n) => ({ method: "eth_getCode", params: [n] }));
      const outcomes = await pool.each([...calls, { method: "eth_call", params: [] }]);
      expect(outcomes.map((outcome) => (outcome.ok ? outcome.value : outcome.error.code))).to.deep.equal([
        "0x1",
        "0x2",
        "0x3",
        "RPC_REFUSED",
      ]);
      expect(first.requests - before).to.equal(1);
      expect(second.calls.filter(({ method }) => method === "eth_getCode").map(({ params }) => params[0])).to.deep.equal(["0x2"]);
      expect(await pool.each([])).to.deep.equal([]);
    });

    it("fail with what the first endpoint did where none answers", async () => {
      const [a, b] = (await start(2)) as [HttpNode, HttpNode];
      const pool = await open([a, b]);
      a.mood = b.mood = oops;
      const error = await failure("RPC_UNANSWERED", pool.request("eth_gasPrice", []));
      expect(error.message).to.contain("HTTP 500");
    });

    it("that change a node go to the first one, once", async () => {
      const [a, b] = (await start(2)) as [HttpNode, HttpNode];
      const pool = await open([a, b]);
      a.mood = oops;
      for (const method of ["evm_mine", "anvil_setCode", "hardhat_setBalance", "eth_sendTransaction"]) {
        await failure("RPC_UNANSWERED", pool.request(method, []));
        expect([a.count(method), b.count(method)], method).to.deep.equal([1, 0]);
      }
    });
  });

  describe("rate limits", () => {
    const shapes: [string, Mood | Refusal][] = [
      ["HTTP 429", { status: 429, body: "slow down" }],
      ["HTTP 429 with JSON", { status: 429, body: '{"id":1,"error":{"code":-32000,"message":"whatever it says"}}' }],
      ["infura, day", new Refusal("daily request count exceeded, request rate limited", -32_005)],
      ["infura, second", new Refusal("project ID request rate exceeded", -32_005)],
      ["alchemy", new Refusal("Your app has exceeded its compute units per second capacity.", 429)],
      ["alchemy, month", new Refusal("Monthly capacity limit exceeded. Visit the dashboard", -32_600)],
      ["-32029", new Refusal("no", -32_029)],
      ["-32005", new Refusal("limit exceeded", -32_005)],
    ];
    for (const [name, shape] of shapes) {
      it(`are no answer: ${name}`, async () => {
        const [a, b] = (await start(2)) as [HttpNode, HttpNode];
        for (const node of [a, b]) node.on("eth_gasPrice", () => "0x1");
        const pool = await open([a, b]);
        await pool.request("eth_gasPrice", []);
        const [first] = readFrom(a, b, "eth_gasPrice");
        if (shape instanceof Refusal) first.on("eth_gasPrice", () => shape);
        else first.mood = shape;
        expect(await pool.request("eth_gasPrice", [])).to.equal("0x1");
        expect(pool.snapshot().map(({ errors }) => errors)).to.have.members([0, 1]);
      });
    }

    it("are not what a question too big is answered with, nor a gas limit of Besu's", async () => {
      const [a] = (await start(1)) as [HttpNode];
      const pool = await open([a]);
      for (const words of [
        "query returned more than 10000 results",
        "Requested range exceeds maximum RPC range limit",
        "Transaction gas limit exceeds block gas limit",
      ]) {
        a.on("eth_getLogs", () => new Refusal(words, -32_005));
        await failure("RPC_REFUSED", pool.request("eth_getLogs", [{}]).catch(withHint));
      }
      expect(pool.snapshot()[0]?.errors).to.equal(0);
    });
  });

  describe("the breaker", () => {
    it("leaves an endpoint alone after failing often, tries it again later, and checks its chain before it is used", async () => {
      const [a] = (await start(1)) as [HttpNode];
      const pool = await open([a], { pausesMs: [50] });
      a.on("eth_gasPrice", () => "0x1");
      a.mood = oops;
      for (let i = 0; i < 8; i++) await failure("RPC_UNANSWERED", pool.request("eth_gasPrice", []));
      expect(a.count("eth_gasPrice")).to.be.lessThan(8);
      expect(pool.snapshot()[0]).to.include({ healthy: false, breaker: "open" });
      a.mood = "answers";
      const checks = a.count("eth_chainId");
      const answer = await eventually("it is asked again", () => pool.request<string>("eth_gasPrice", []).catch(() => undefined));
      expect(answer).to.equal("0x1");
      expect(a.count("eth_chainId")).to.be.greaterThan(checks);
      expect(pool.snapshot()[0]).to.include({ breaker: "closed" });
    });

    it("does not let an endpoint back that came back as another chain", async () => {
      const [a, b] = (await start(2)) as [HttpNode, HttpNode];
      const pool = await open([a, b], { pausesMs: [50] });
      for (const node of [a, b]) node.on("eth_gasPrice", () => "0x1").on("eth_sendRawTransaction", () => "0xab");
      a.mood = oops;
      const send = () => pool.request("eth_sendRawTransaction", ["0x02"]);
      await eventually("its breaker opens", async () => {
        await send();
        return pool.snapshot()[0]?.breaker === "open" || undefined;
      });
      a.chainId = 1;
      a.mood = "answers";
      await eventually("it is found out", async () => {
        await send();
        return troubles.length > 0 || undefined;
      });
      expect(troubles).to.have.lengthOf(1);
      expect(troubles[0]).to.include({ code: "CHAIN_MISMATCH" });
      const before = a.requests;
      for (let i = 0; i < 5; i++) await send();
      expect(a.requests).to.equal(before);
      expect(pool.snapshot()[0]).to.include({ healthy: false, reason: "it serves another chain" });
      await pool.close();
    });

    it("counts no answer of a node's own: a storm of nonce errors, reverts and known transactions leaves it healthy (law 7)", async () => {
      const [a] = (await start(1)) as [HttpNode];
      const pool = await open([a]);
      const words = ["nonce too low", "nonce too high", "already known", "replacement transaction underpriced", "insufficient funds"];
      let turn = 0;
      a.on("eth_sendRawTransaction", () => new Refusal(words[turn++ % words.length] ?? ""));
      a.on("eth_call", () => new Refusal("execution reverted", 3));
      for (let i = 0; i < 100; i++) {
        await pool.request("eth_sendRawTransaction", ["0x02"]).catch(() => undefined);
        await pool.request("eth_call", []).catch(() => undefined);
      }
      expect([a.count("eth_sendRawTransaction"), a.count("eth_call")]).to.deep.equal([100, 100]);
      expect(pool.snapshot()[0]).to.include({ healthy: true, breaker: "closed", errors: 0, reason: undefined });
    });
  });

  it("lets so many calls go at the same time, so many wait, and refuses the others at once", async () => {
    const [a] = (await start(1)) as [HttpNode];
    const pool = await open([a], { maxConcurrent: 2, maxQueued: 3, ...patient });
    a.mood = "silent";
    const asked = Array.from({ length: 6 }, () => pool.request("eth_gasPrice", []));
    const refused = await failure("RPC_UNANSWERED", Promise.race(asked));
    expect(refused.message).to.contain("3 calls wait for it already");
    await eventually("two are there", () => a.waiting === 2 || undefined);
    expect(pool.snapshot()[0]).to.include({ inFlight: 2, queued: 3 });
    a.mood = "answers";
    a.release();
    await Promise.allSettled(asked);
    expect(a.requests).to.equal(1 + 5);
  });

  describe("the chain", () => {
    it("must be the right one at every endpoint that answers: CHAIN_MISMATCH names the host", async () => {
      const [a, b] = (await start(2)) as [HttpNode, HttpNode];
      b.chainId = 1;
      const error = await failure("CHAIN_MISMATCH", open([a, b]));
      expect(error.message).to.contain(`127.0.0.1:${b.port}`).and.contain("mainnet");
      expect(inspect(error, { depth: 10 })).to.not.contain(secret);
      expect(troubles).to.deep.equal([]);
    });

    it("is that of the first endpoint where none is told", async () => {
      const [a, b] = (await start(2)) as [HttpNode, HttpNode];
      a.chainId = b.chainId = 8_453;
      const { chainId: _, ...options } = { endpoints: [a.source(), b.source()], chainId: 0, clock: systemClock };
      await (await RpcPool.open(options)).close();
      b.chainId = 1;
      await failure("CHAIN_MISMATCH", RpcPool.open(options));
    });

    it("needs one endpoint that answers", async () => {
      const [a, b] = (await start(2)) as [HttpNode, HttpNode];
      a.mood = b.mood = oops;
      await failure("RPC_UNANSWERED", open([a, b]));
    });

    it("is checked when an endpoint that was down at the start comes back", async () => {
      const [a, b] = (await start(2)) as [HttpNode, HttpNode];
      for (const node of [a, b]) node.on("eth_sendRawTransaction", () => "0xab");
      b.mood = "resets";
      const pool = await open([a, b]);
      expect(pool.snapshot()[1]).to.include({ healthy: false, reason: "it has not told its chain yet" });
      b.mood = "answers";
      b.chainId = 1;
      await pool.request("eth_sendRawTransaction", ["0x02"]);
      await pool.close();
      expect(b.count("eth_sendRawTransaction"), "nothing goes to another chain").to.equal(0);
      expect(troubles.map((error) => (error as MintdError).code)).to.deep.equal(["RPC_UNANSWERED", "CHAIN_MISMATCH"]);
    });
  });

  it("shows its secrets nowhere", async () => {
    const [a, b] = (await start(2)) as [HttpNode, HttpNode];
    const pool = await open([a, b]);
    a.mood = b.mood = oops;
    const errors: unknown[] = [];
    for (const method of ["eth_gasPrice", "eth_sendRawTransaction", "eth_getTransactionCount", "evm_mine"]) {
      for (let i = 0; i < 4; i++) errors.push(await pool.request(method, ["0x02", "latest"]).catch((error: unknown) => error));
    }
    await pool.close();
    const seen = inspect([pool, pool.snapshot(), errors, troubles], { depth: 20 }) + JSON.stringify([pool.snapshot(), errors]);
    expect(seen).to.contain("127.0.0.1").and.not.contain(secret);
    expect(pool.snapshot().map(({ host }) => host)).to.deep.equal([`127.0.0.1:${a.port}`, `127.0.0.1:${b.port}`]);
  });

  it("tells two endpoints of one host apart", async () => {
    const [a] = (await start(1)) as [HttpNode];
    const pool = await open([a, a]);
    expect(pool.snapshot().map(({ host }) => host)).to.deep.equal([`127.0.0.1:${a.port}`, `127.0.0.1:${a.port} (2)`]);
  });
});

/** A node's refusal has no hint; `failure` wants one. */
function withHint(error: unknown): never {
  if (error instanceof RpcRefused) throw Object.assign(error, { hint: "none" });
  throw error;
}
