import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { signTransaction } from "../../../../src/chain/lane/transaction.ts";
import { HttpRpc, RpcPool, type RpcPoolOptions } from "../../../../src/chain/index.ts";
import { Secret } from "../../../../src/secret.ts";
import { nativeSigner } from "../../../../src/voucher/index.ts";
import { Anvil } from "../../../anvil.ts";
import { eventually } from "../../../eventually.ts";
import { failure } from "../../store/expectations.ts";
import { HandClock } from "./hand-clock.ts";

const lane = nativeSigner(new Secret("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
const startHeight = 10;

/** Three real nodes that begin with the same ten blocks; what each mines after that is told here. */
describe("RpcPool over real nodes", () => {
  let folder: string;
  let nodes: [Anvil, Anvil, Anvil];
  let clock: HandClock;
  let pool: RpcPool | undefined;
  let troubles: unknown[];
  /** Chain time of the next block; two nodes that mine the same transactions at the same time make the same block. */
  let second: number;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "mintd-rpc-"));
    const origin = await Anvil.start({ noMining: true });
    await origin.mine(startHeight);
    await origin.save(join(folder, "state.json"));
    await origin.kill();
  });
  after(() => rm(folder, { recursive: true, force: true }));

  beforeEach(async () => {
    const start = () => Anvil.start({ noMining: true, state: join(folder, "state.json") });
    nodes = [await start(), await start(), await start()];
    clock = new HandClock();
    troubles = [];
    second = 2_000_000_000;
  });
  afterEach(async () => {
    await pool?.close();
    pool = undefined;
    await Promise.all(nodes.map((node) => node.kill()));
  });

  async function open(over: readonly Anvil[], options: Partial<RpcPoolOptions> = {}): Promise<RpcPool> {
    pool = await RpcPool.open({
      endpoints: over.map(({ url }) => {
        const rpc = new HttpRpc({ url, timeoutMs: 5_000 });
        return { name: rpc.name, rpc };
      }),
      chainId: 31_337,
      clock,
      surveyMs: 1_000,
      onTrouble: (error) => troubles.push(error),
      ...options,
    });
    return pool;
  }

  /** The same block on each of them. */
  async function mine(on: readonly Anvil[], blocks = 1): Promise<void> {
    for (let i = 0; i < blocks; i++) {
      second++;
      for (const node of on) await node.rpc.request("evm_mine", [second]);
    }
  }

  /** Moves the clock on by one survey and waits until it is over. */
  async function nextSurvey(over: RpcPool): Promise<void> {
    await eventually("the loop waits", () => clock.waiting > 0 || undefined);
    const before = over.snapshot().map(({ requests }) => requests);
    clock.move(1_000);
    await eventually("the survey is over", () => {
      const now = over.snapshot().map(({ requests }) => requests);
      return (clock.waiting > 0 && now.some((count, i) => count > (before[i] ?? 0))) || undefined;
    });
  }

  const attempt = (nonce: number) =>
    signTransaction(
      {
        chainId: 31_337,
        nonce,
        to: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
        data: "0x",
        gasLimit: 21_000,
        maxFeePerGas: 10_000_000_000n,
        maxPriorityFeePerGas: 1_000_000_000n,
      },
      lane,
    );

  const count = (over: RpcPool, tag = "latest") => over.request<string>("eth_getTransactionCount", [lane.address, tag]);
  const states = (over: RpcPool) => over.snapshot().map(({ healthy }) => healthy);

  it("sends a broadcast to all, and believes a receipt when two have it", async () => {
    const over = await open(nodes);
    const { raw, hash } = await attempt(0);
    expect(await over.request("eth_sendRawTransaction", [raw])).to.equal(hash);
    await over.close();
    for (const node of nodes) expect(await node.rpc.request("eth_getTransactionByHash", [hash])).to.include({ hash });
    expect(await over.request("eth_sendRawTransaction", [raw]), "sent again").to.equal(hash);
    expect(await over.request("eth_getTransactionReceipt", [hash])).to.equal(null);
    await mine(nodes.slice(0, 2));
    expect(await over.request("eth_getTransactionReceipt", [hash])).to.include({ status: "0x1", transactionHash: hash });
    expect(await count(over)).to.equal("0x1");
    expect(await count(over, "pending")).to.equal("0x1");
  });

  it("one lagging endpoint never moves a counter: it is doubt until a third tells, or both tell of the same block (law 7)", async () => {
    const [ahead, behind, third] = nodes;
    const { raw, hash } = await attempt(0);
    await ahead.rpc.request("eth_sendRawTransaction", [raw]);
    await mine([ahead]);
    const two = await open([ahead, behind]);
    expect(await count(two), "a block apart: as of the lower head").to.equal("0x0");
    expect(await count(two, "pending"), "the higher one").to.equal("0x1");
    const error = await failure("RPC_UNANSWERED", two.request("eth_getTransactionReceipt", [hash]));
    expect(error.message).to.contain("disagree");
    await two.close();
    await third.rpc.request("eth_sendRawTransaction", [raw]);
    second--;
    await mine([third]);
    const three = await open(nodes);
    expect(await count(three)).to.equal("0x1");
    expect(await three.request("eth_getTransactionReceipt", [hash])).to.include({ transactionHash: hash });
  });

  it("reads nothing from an endpoint that lags, still sends it broadcasts, and reads it again when it has caught up", async () => {
    const [ahead, behind] = nodes;
    await mine([ahead], 2);
    const over = await open([behind, ahead]);
    expect(states(over), "two blocks are let pass").to.deep.equal([true, true]);
    over.start();
    await mine([ahead]);
    await nextSurvey(over);
    expect(over.snapshot()[0]).to.include({ healthy: false, lagBlocks: 3, head: startHeight, reason: "it lags 3 blocks behind" });
    for (let i = 0; i < 5; i++) expect(await over.request("eth_blockNumber", [])).to.equal("0xd");
    const { raw, hash } = await attempt(0);
    await ahead.rpc.request("eth_sendRawTransaction", [raw]);
    await mine([ahead]);
    expect(await count(over), "alone, and believed").to.equal("0x1");
    await over.request("eth_sendRawTransaction", [(await attempt(1)).raw]);
    await behind.rpc.request("anvil_loadState", [await ahead.rpc.request("anvil_dumpState", [])]);
    await nextSurvey(over);
    expect(states(over)).to.deep.equal([true, true]);
    expect(await over.request("eth_getTransactionReceipt", [hash])).to.include({ transactionHash: hash });
  });

  it("learns of heads from the answers that pass, without a survey", async () => {
    const [first, second_] = nodes;
    const over = await open([first, second_]);
    await over.request("eth_blockNumber", []);
    await mine([first, second_], 5);
    await over.request("eth_blockNumber", []);
    const { head, lagBlocks } = over.snapshot().find((one) => one.lagBlocks === 0) ?? {};
    expect([head, lagBlocks]).to.deep.equal([startHeight + 5, 0]);
    expect(over.snapshot().map((one) => one.lagBlocks)).to.have.members([0, 5]);
  });

  it("reads nothing from the one of three that is on a fork, reports it once, and takes it back when it agrees again", async () => {
    const [fork, good, other] = nodes;
    const over = await open([fork, good, other]);
    over.start();
    await fork.mine(20); // at other times: other blocks, and more of them
    await mine([good, other], 6);
    await nextSurvey(over);
    expect(over.snapshot().map(({ reason }) => reason)).to.deep.equal(["it is on a fork", undefined, undefined]);
    expect(
      over.snapshot().map(({ lagBlocks }) => lagBlocks),
      "its head is not looked up to",
    ).to.deep.equal([0, 0, 0]);
    expect(await over.request("eth_blockNumber", [])).to.equal("0x10");
    await nextSurvey(over);
    expect(troubles).to.have.lengthOf(1);
    expect(troubles[0]).to.include({ code: "RPC_ENDPOINT_FORKED" });
    await fork.rpc.request("anvil_rollback", [20]);
    await mine(nodes, 4);
    await fork.rpc.request("anvil_loadState", [await good.rpc.request("anvil_dumpState", [])]);
    await nextSurvey(over);
    expect(states(over)).to.deep.equal([true, true, true]);
  });

  it("believes the first of two that are on different forks", async () => {
    const [first, other] = nodes;
    await mine([first], 6);
    second += 100;
    await mine([other], 7);
    const over = await open([first, other]);
    expect(over.snapshot().map(({ reason }) => reason)).to.deep.equal([undefined, "it is on a fork"]);
    expect(troubles).to.have.lengthOf(1);
    const believed = await over.request<{ hash: string }>("eth_getBlockByNumber", ["latest", false]);
    expect(believed).to.include({ hash: (await first.rpc.request<{ hash: string }>("eth_getBlockByNumber", ["latest", false])).hash });
  });

  it("takes a broadcast that only the forked endpoint took for taken", async () => {
    const [first, other] = nodes;
    await mine([first], 6);
    second += 100;
    await mine([other], 6);
    const over = await open([first, other]);
    const { raw, hash } = await attempt(0);
    await first.rpc.request("anvil_setBalance", [lane.address, "0x0"]);
    expect(await over.request("eth_sendRawTransaction", [raw]), "the first one refuses for want of funds").to.equal(hash);
    await over.close();
    expect(await other.rpc.request("eth_getTransactionByHash", [hash])).to.include({ hash });
  });

  it("the logs of one block need two, and a node that does not have the block yet is no voice", async () => {
    const [ahead, behind] = nodes;
    await mine([ahead]);
    const over = await open([ahead, behind]);
    const { hash } = await ahead.rpc.request<{ hash: string }>("eth_getBlockByNumber", ["latest", false]);
    expect(await over.request("eth_getLogs", [{ blockHash: hash }])).to.deep.equal([]);
    const nowhere = `0x${"12".repeat(32)}`;
    await failure(
      "RPC_REFUSED",
      over.request("eth_getLogs", [{ blockHash: nowhere }]).catch((error: unknown) => withHint(error)),
    );
  });

  it("goes on with one of two when the other is killed", async () => {
    const [first, other] = nodes;
    const over = await open([first, other]);
    await first.kill();
    const { raw, hash } = await attempt(0);
    expect(await over.request("eth_sendRawTransaction", [raw])).to.equal(hash);
    await mine([other]);
    const seen = await eventually("the receipt is believed", () =>
      over.request<{ status: string } | null>("eth_getTransactionReceipt", [hash]).catch(() => undefined),
    );
    expect(seen).to.include({ status: "0x1" });
    expect(states(over)).to.deep.equal([false, true]);
  });

  it("ends its loop with close()", async () => {
    const over = await open(nodes);
    over.start();
    await eventually("the loop waits", () => clock.waiting > 0 || undefined);
    await over.close();
    const before = over.snapshot().map(({ requests }) => requests);
    clock.move(10_000);
    await nodes[0].rpc.request("eth_blockNumber", []);
    expect(over.snapshot().map(({ requests }) => requests)).to.deep.equal(before);
  });
});

/** A node's refusal has no hint; `failure` wants one. */
function withHint(error: unknown): never {
  throw Object.assign(error instanceof Error ? error : new Error(String(error)), { hint: "none" });
}
