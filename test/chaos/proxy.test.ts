import { expect } from "chai";
import { HDNodeWallet, Transaction, type TransactionLike } from "ethers";
import { HttpRpc, RpcRefused, RpcUnanswered } from "../../src/chain/index.ts";
import { batch } from "../../src/chain/rpc/rpc.ts";
import type { Clock } from "../../src/clock.ts";
import { Anvil } from "../anvil.ts";
import { failure } from "../src/store/expectations.ts";
import { decideCall, decideTransport } from "./proxy/faults.ts";
import { type Faults, FaultProxy, noFaults } from "./proxy/index.ts";
import { Random } from "./random.ts";

const seed = Number(process.env["PROXY_SEED"] ?? Random.fresh().seed);
const wallet = HDNodeWallet.fromPhrase("test test test test test test test test test test test junk");
const other = "0x00000000000000000000000000000000000000aa";

const transfer = (nonce: number): Promise<string> => signed({ nonce, to: other, value: 1n, gasLimit: 21_000 });
/** A deployment whose constructor does nothing but LOG0. */
const logging = (nonce: number): Promise<string> => signed({ nonce, data: "0x60006000a0", gasLimit: 100_000 });

const signed = (transaction: TransactionLike): Promise<string> =>
  wallet.signTransaction({
    ...transaction,
    chainId: 31_337,
    type: 2,
    maxFeePerGas: 10n ** 11n,
    maxPriorityFeePerGas: 10n ** 9n,
  });

describe(`FaultProxy (PROXY_SEED=${seed})`, () => {
  let anvil: Anvil;
  let proxy: FaultProxy;
  let rpc: HttpRpc;

  /** What became of it: a result, what the node said, or that nothing was heard. */
  const outcome = async (method: string, params: readonly unknown[] = []): Promise<string> =>
    rpc.request(method, params).then(
      (result) => JSON.stringify(result),
      (error: unknown) => (error instanceof RpcUnanswered ? error.message.replace(/127.0.0.1:\d+/, "it") : String(error)),
    );
  const pooled = (hash: string | null): Promise<unknown> => anvil.rpc.request("eth_getTransactionByHash", [hash]);
  const begin = async (faults: Partial<Faults>, clock?: Clock): Promise<void> => {
    proxy = await FaultProxy.start({ target: anvil.url, random: new Random(seed), faults, ...(clock ? { clock } : {}) });
    rpc = new HttpRpc({ url: proxy.url, timeoutMs: 5_000 });
  };

  beforeEach(async () => {
    anvil = await Anvil.start({ noMining: true });
  });

  afterEach(async () => {
    await proxy.close();
    await anvil.kill();
  });

  it("hands everything through where nothing goes wrong, one call or many, and counts them", async () => {
    await begin({});
    await anvil.mine(3);
    expect(await rpc.request("eth_blockNumber", [])).to.equal("0x3");
    const calls = ["eth_chainId", "eth_blockNumber", "eth_chainId"].map((method) => ({ method, params: [] }));
    expect(await batch(rpc, calls)).to.deep.equal(["0x7a69", "0x3", "0x7a69"]);
    expect(await rpc.request("eth_getTransactionReceipt", [`0x${"0".repeat(64)}`])).to.equal(null);
    const refused = await rpc.request("eth_sendRawTransaction", ["0x00"]).catch((error: unknown) => error);
    expect(refused).to.be.instanceOf(RpcRefused);
    expect(proxy.stats.requests).to.equal(4);
    expect(proxy.stats.calls).to.deep.equal({
      eth_blockNumber: 2,
      eth_chainId: 2,
      eth_getTransactionReceipt: 1,
      eth_sendRawTransaction: 1,
    });
    expect(Object.values(proxy.stats.faults).every((count) => count === 0)).to.equal(true);
  });

  it("answers what is no JSON-RPC with a parse error", async () => {
    await begin({});
    for (const body of ["", "{", "7", "[]", "[7]"]) {
      const response = await fetch(proxy.url, { method: "POST", body });
      expect(await response.json()).to.have.nested.property("error.code", -32_700);
    }
  });

  it("rejects: nothing reaches the node, in the words of several clients, by HTTP status and by reset", async () => {
    await begin({ reject: 1 });
    const heard = new Set<string>();
    for (let i = 0; i < 300; i++) heard.add(await outcome("eth_sendRawTransaction", [await transfer(0)]));
    const all = [...heard].join("\n");
    for (const words of ["rate exceeded", "txpool is full", "Internal error", "HTTP 429", "HTTP 503", "ECONNRESET|UND_ERR_SOCKET"]) {
      expect(all).to.match(new RegExp(words));
    }
    expect(await pooled(Transaction.from(await transfer(0)).hash)).to.equal(null);
    expect(proxy.stats.faults.reject).to.equal(300);
  });

  it("rejects a call of a batch by itself, and as often as one that comes alone", async () => {
    const draws = 20_000;
    const random = new Random(seed);
    for (const reject of [0.05, 0.3, 0.9]) {
      const faults = { ...noFaults, reject };
      let rejected = 0;
      for (let i = 0; i < draws; i++) {
        const byTransport = decideTransport(random, faults).refusal !== undefined;
        if (byTransport || decideCall(random, faults).refusal !== undefined) rejected++;
      }
      expect(Math.abs(rejected / draws - reject) < 0.025, `${rejected / draws} instead of ${reject}`).to.equal(true); // seven standard deviations at the most
    }
    await begin({ reject: 0.5 });
    const calls = Array.from({ length: 20 }, () => ({ method: "eth_chainId", params: [] }));
    const mixed = await Promise.all(Array.from({ length: 30 }, () => rpc.each(calls)));
    expect(mixed.some((outcomes) => new Set(outcomes.map(({ ok }) => ok)).size === 2)).to.equal(true);
  });

  it("loses responses: the node has the transaction although the caller saw a reset", async () => {
    await begin({ loseResponse: 1 });
    const raw = await transfer(0);
    await failure("RPC_UNANSWERED", rpc.request("eth_sendRawTransaction", [raw]));
    expect(await pooled(Transaction.from(raw).hash)).to.include({ nonce: "0x0" });
    expect(proxy.stats.faults.loseResponse).to.equal(1);
    proxy.faults = {};
    expect(await outcome("eth_sendRawTransaction", [raw])).to.contain("already");
  });

  it("drops: the caller has the hash, and the pool has neither the transaction nor those behind it", async () => {
    await begin({});
    const behind = await rpc.request<string>("eth_sendRawTransaction", [await transfer(1)]);
    proxy.faults = { drop: 1 };
    const hash = await rpc.request<string>("eth_sendRawTransaction", [await transfer(0)]);
    expect(hash).to.equal(Transaction.from(await transfer(0)).hash);
    expect(await pooled(hash)).to.equal(null);
    await anvil.mine();
    expect(await anvil.rpc.request("eth_getTransactionReceipt", [hash])).to.equal(null);
    expect(await anvil.rpc.request("eth_getTransactionReceipt", [behind])).to.equal(null);
    expect(proxy.stats.faults.drop).to.equal(1);
    expect(await outcome("eth_sendRawTransaction", ["0x00"])).to.match(/Refused/);
    expect(proxy.stats.faults.drop, "what was not accepted cannot be dropped").to.equal(1);
  });

  it("duplicates: the node sees it twice, and either answer comes back", async () => {
    await begin({ duplicate: 1 });
    const heard: string[] = [];
    for (let nonce = 0; nonce < 24; nonce++) heard.push(await outcome("eth_sendRawTransaction", [await transfer(nonce)]));
    const first = heard.filter((answer) => answer.startsWith('"0x')).length;
    const second = heard.filter((answer) => /already/.test(answer)).length;
    expect(first + second).to.equal(24);
    expect(Math.min(first, second)).to.be.at.least(1);
    expect(proxy.stats.faults.duplicate).to.equal(24);
    expect(await anvil.rpc.request("eth_getTransactionCount", [wallet.address, "pending"])).to.equal("0x18");
  });

  it("answers stale nonces, block numbers, latest blocks and receipts, never newer ones, and nothing else stale", async () => {
    await begin({ stale: 1 });
    const raw = await transfer(0);
    await rpc.request("eth_sendRawTransaction", [raw]);
    const { hash } = Transaction.from(raw);
    const questions: [string, unknown[]][] = [
      ["eth_getTransactionCount", [wallet.address, "latest"]],
      ["eth_blockNumber", []],
      ["eth_getBlockByNumber", ["latest", false]],
      ["eth_getTransactionReceipt", [hash]],
    ];
    const before = await Promise.all(questions.map((question) => outcome(...question)));
    expect(proxy.stats.faults.stale, "a first question has no earlier answer").to.equal(0);
    expect(await outcome("eth_getBalance", [other, "latest"])).to.equal('"0x0"');
    await anvil.mine();
    for (const [i, question] of questions.entries()) expect(await outcome(...question)).to.equal(before[i]);
    expect(proxy.stats.faults.stale).to.equal(4);
    expect(await outcome("eth_getBalance", [other, "latest"])).to.equal('"0x1"');
    proxy.faults = {};
    for (const [i, question] of questions.entries()) expect(await outcome(...question)).to.not.equal(before[i]);
  });

  it("lags: no head, block, receipt, log, nonce or state above its own", async () => {
    await begin({});
    const hash = await rpc.request<string>("eth_sendRawTransaction", [await transfer(0)]);
    await rpc.request<string>("eth_sendRawTransaction", [await logging(1)]);
    await anvil.mine(5); // both are in block 1, the head is 5
    const blockHash = (await anvil.rpc.request<{ hash: string }>("eth_getBlockByNumber", ["0x1", false])).hash;
    const above: [string, unknown[], string][] = [
      ["eth_blockNumber", [], '"0x0"'],
      ["eth_getTransactionCount", [wallet.address, "latest"], '"0x0"'],
      ["eth_getTransactionCount", [wallet.address, "pending"], '"0x0"'],
      ["eth_getTransactionReceipt", [hash], "null"],
      ["eth_getBlockByNumber", ["0x1", false], "null"],
      ["eth_getBlockByHash", [blockHash, false], "null"],
      ["eth_getBlockReceipts", ["0x1"], "null"],
      ["eth_getBlockReceipts", [{ blockHash }], "null"],
      ["eth_getBalance", [other, "latest"], '"0x0"'],
      ["eth_getLogs", [{ fromBlock: "0x1", toBlock: "latest" }], "[]"],
      ["eth_getLogs", [{ fromBlock: "0x0", toBlock: "0x5" }], "[]"],
      ["eth_getLogs", [{ blockHash }], "[]"],
    ];
    for (const [method, params, expected] of above) expect(await outcome(method, params), method).to.not.equal(expected);
    proxy.faults = { lagBlocks: 5 };
    for (const [method, params, expected] of above) expect(await outcome(method, params), method).to.equal(expected);
    expect(await outcome("eth_getBalance", [other, "0x1"])).to.contain("header not found");
    expect(await rpc.request("eth_getBlockByNumber", ["latest", false])).to.include({ number: "0x0" });
    expect(await rpc.request("eth_getTransactionByHash", [hash])).to.include({ hash, blockNumber: null, blockHash: null });
    expect(await rpc.request("eth_feeHistory", ["0x1", "latest", []])).to.include({ oldestBlock: "0x0" });
    proxy.faults = { lagBlocks: 4 };
    expect(await rpc.request("eth_getTransactionReceipt", [hash])).to.include({ blockNumber: "0x1" });
    expect(await outcome("eth_getTransactionCount", [wallet.address, "pending"])).to.equal('"0x2"');
    expect(await rpc.request("eth_getLogs", [{ fromBlock: "0x0" }])).to.have.lengthOf(1);
    expect(proxy.stats.faults.lag).to.be.at.least(above.length);
  });

  it("is down: connections are cut, the open ones at once, until it is up again", async () => {
    await begin({ latencyMs: [60_000, 60_000] }, { now: () => 0, pause: () => new Promise(() => undefined) });
    const hanging = failure("RPC_UNANSWERED", rpc.request("eth_chainId", []));
    while (proxy.stats.requests === 0) await new Promise(setImmediate);
    proxy.faults = { down: true };
    await hanging;
    await failure("RPC_UNANSWERED", rpc.request("eth_chainId", []));
    expect(proxy.stats.faults.down).to.be.at.least(2);
    proxy.faults = {};
    expect(await rpc.request("eth_chainId", [])).to.equal("0x7a69");
  });

  it("holds requests up as long as its range says", async () => {
    const held: number[] = [];
    await begin({ latencyMs: [20, 30] }, { now: () => 0, pause: (ms) => Promise.resolve(void held.push(ms)) });
    for (let i = 0; i < 40; i++) await rpc.request("eth_chainId", []);
    expect(Math.min(...held)).to.be.at.least(20);
    expect(Math.max(...held)).to.be.at.most(30);
    expect(new Set(held).size).to.be.greaterThan(3);
  });

  it("treats the n-th call of a method alike under the same seed, however often others are asked in between", async () => {
    const faults: Partial<Faults> = { reject: 0.3, loseResponse: 0.2, drop: 0.3, duplicate: 0.2 };
    const run = async (polls: number): Promise<string[]> => {
      const random = new Random(seed);
      await using node = await anotherAnvil();
      const mine = await FaultProxy.start({ target: node.url, random, faults });
      rpc = new HttpRpc({ url: mine.url, timeoutMs: 5_000 });
      const heard: string[] = [];
      for (let nonce = 0; nonce < 25; nonce++) {
        for (let i = 0; i < polls; i++) await outcome("eth_blockNumber");
        heard.push(await outcome("eth_sendRawTransaction", [await transfer(nonce)]));
      }
      await mine.close();
      return heard;
    };
    await begin({});
    const once = await run(0);
    expect(await run(3)).to.deep.equal(once);
    expect(new Set(once.map((answer) => answer.slice(0, 12))).size).to.be.greaterThan(1);
  });

  it("begins anew: counts from zero, and does what one that was just started with the seed does", async () => {
    const faults: Partial<Faults> = { reject: 0.3, loseResponse: 0.2, stale: 0.3 };
    const several = async (): Promise<boolean> =>
      batch(rpc, [{ method: "eth_chainId", params: [] }]).then(
        () => true,
        () => false,
      );
    const heard = async (): Promise<unknown[]> => {
      await anvil.mine(); // an answer of before would tell that it was remembered
      const answers: unknown[] = [];
      for (let i = 0; i < 25; i++) answers.push(await outcome("eth_blockNumber"), await several());
      return answers;
    };
    await begin(faults);
    const fresh = await heard();
    const { stats } = proxy;
    await proxy.close();
    await anvil.kill();
    anvil = await Anvil.start({ noMining: true });
    await begin({ stale: 1 });
    for (let i = 0; i < 7; i++) expect([await outcome("eth_blockNumber"), await several()]).to.deep.equal(['"0x0"', true]);
    proxy.beginAnew(faults);
    expect(await heard()).to.deep.equal(fresh);
    expect(proxy.stats).to.deep.equal(stats);
    expect(new Set(fresh).size).to.be.greaterThan(3);
  });

  it("turns to another node when told, and answers nothing where its node is gone", async () => {
    await begin({});
    await anvil.mine(2);
    expect(await outcome("eth_blockNumber")).to.equal('"0x2"');
    await using second = await anotherAnvil();
    proxy.target = second.url;
    expect(await outcome("eth_blockNumber")).to.equal('"0x0"');
    proxy.target = anvil.url;
    await anvil.kill();
    await failure("RPC_UNANSWERED", rpc.request("eth_blockNumber", []));
  });
});

async function anotherAnvil(): Promise<Anvil & AsyncDisposable> {
  const anvil = await Anvil.start({ noMining: true });
  return Object.assign(anvil, { [Symbol.asyncDispose]: () => anvil.kill() });
}
