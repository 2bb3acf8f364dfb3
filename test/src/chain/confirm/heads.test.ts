import { expect } from "chai";
import { type Header, Heads } from "../../../../src/chain/confirm/heads.ts";
import { Anvil } from "../../../anvil.ts";
import { rpcWith } from "../../mintd/world.ts";
import { type Rpc, RpcUnanswered } from "../../../../src/chain/index.ts";
import { failure } from "../../store/expectations.ts";

const numbers = (headers: readonly Header[]): number[] => headers.map(({ number }) => number);
const range = (from: number, to: number): number[] => Array.from({ length: to - from + 1 }, (_, i) => from + i);

describe("Heads", function () {
  this.timeout(90_000);
  let anvil: Anvil;
  let heads: Heads;

  beforeEach(async () => {
    anvil = await Anvil.start();
    await anvil.mine(100);
    heads = new Heads(anvil.rpc, [], { oneNode: false });
    await heads.look();
  });

  afterEach(() => anvil.kill());

  it("begin at the newest block, know those before it, and see nothing new while there is nothing new", async () => {
    expect(numbers((await new Heads(anvil.rpc, [], { oneNode: false }).look()).added)).to.deep.equal([100]);
    expect(numbers(heads.window)).to.deep.equal(range(37, 100));
    expect(await heads.look()).to.deep.equal({ orphaned: [], added: [] });
  });

  it("see growth block by block, oldest first", async () => {
    await anvil.mine();
    expect(numbers((await heads.look()).added)).to.deep.equal([101]);
    await anvil.mine(7);
    const change = await heads.look();
    expect(numbers(change.added)).to.deep.equal(range(102, 108));
    expect(change).to.deep.include({ orphaned: [] });
    expect(heads.depthOf(108)).to.equal(1);
    expect(heads.depthOf(77)).to.equal(32);
    expect(heads.depthOf(109)).to.equal(0);
  });

  it("name the blocks of a gap larger than their window, which must be read some other way", async () => {
    await anvil.mine(200);
    const change = await heads.look();
    expect(change.skipped).to.deep.equal({ from: 101, to: 236 });
    expect(numbers(change.added)).to.deep.equal(range(237, 300));
    expect(numbers(heads.window)).to.deep.equal(range(237, 300));
  });

  for (const depth of [1, 5, 20, 31]) {
    it(`take back exactly the ${depth} blocks of a reorg, newest first`, async () => {
      await anvil.mine(10);
      await heads.look();
      const before = [...heads.window];
      await anvil.reorg(depth);
      await anvil.mine();
      const change = await heads.look();
      expect(change.orphaned).to.deep.equal(before.slice(-depth).reverse());
      expect(numbers(change.added)).to.deep.equal(range(111 - depth, 111));
      expect(numbers(heads.window)).to.deep.equal(range(48, 111));
      expect(heads.window.every((header, i, all) => i === 0 || header.parentHash === all[i - 1]?.hash)).to.equal(true);
    });
  }

  it("take back a block that was the newest when they first looked", async () => {
    const { hash } = heads.tip ?? {};
    await anvil.reorg(1);
    const change = await heads.look();
    expect(change.orphaned.map((header) => header.hash)).to.deep.equal([hash]);
    expect(numbers(change.added)).to.deep.equal([100]);
  });

  it("take back what a reorg to a shorter chain left out", async () => {
    await anvil.mine(5);
    await heads.look();
    await anvil.rpc.request("anvil_rollback", [4]);
    await anvil.rpc.request("evm_increaseTime", [1_000]); // so that the next block is another one
    await anvil.mine(2);
    const change = await heads.look();
    expect(numbers(change.orphaned)).to.deep.equal([105, 104, 103, 102]);
    expect(numbers(change.added)).to.deep.equal([102, 103]);
    expect(heads.tip?.number).to.equal(103);
  });

  for (const lag of [1, 5, 40, 64]) {
    it(`take a head ${lag} blocks lower on the same chain for a lagging endpoint, not for a reorg`, async () => {
      const tip = heads.tip;
      await anvil.rpc.request("anvil_rollback", [lag]);
      expect(await heads.look()).to.deep.equal({ orphaned: [], added: [] });
      expect(heads.tip).to.deep.equal(tip);
    });
  }

  it("refuse a reorg of 32 blocks: what was final is gone; they know what they knew", async () => {
    await anvil.mine(10);
    await heads.look();
    const before = [...heads.window];
    await anvil.reorg(32);
    const error = await failure("FINAL_BLOCKS_LOST", heads.look());
    expect(error.message).to.contain("block 79 was final").and.to.contain(before.at(-32)?.hash);
    expect(heads.window).to.deep.equal(before);
  });

  it("of a node that is alone believe that blocks are lost which it ends far below", async () => {
    const alone = new Heads(anvil.rpc, heads.window, { oneNode: true });
    await anvil.rpc.request("anvil_rollback", [64]);
    await failure("FINAL_BLOCKS_LOST", alone.look());
  });

  it("refuse another chain", async () => {
    const other = await Anvil.start({ args: ["--timestamp", "1700000000"] });
    await other.mine(120);
    const lost = new Heads(other.rpc, heads.window, { oneNode: false });
    await failure("FINAL_BLOCKS_LOST", lost.look());
    await other.kill();
  });

  it("stay as they were when the endpoint fails in the middle of a look, and see it all in the next", async () => {
    let answers = 1;
    const failing = rpcWith(anvil.rpc, (method) => {
      if (answers-- <= 0) throw new RpcUnanswered(method, "the test's endpoint", "HTTP 500");
    });
    const followed = new Heads(failing, heads.window, { oneNode: false });
    await anvil.mine(7);
    await failure("RPC_UNANSWERED", followed.look());
    expect(numbers(followed.window)).to.deep.equal(range(37, 100));
    answers = 100;
    expect(numbers((await followed.look()).added)).to.deep.equal(range(101, 107));
  });

  it("of a node that is alone believe that its newest blocks are lost, but not on the word of one old answer", async () => {
    let old = 0;
    const answering: Rpc = {
      each: (calls) => anvil.rpc.each(calls),
      request: <T>(method: string, params: readonly unknown[]) =>
        anvil.rpc.request<T>(method, params[0] === "latest" && old-- > 0 ? ["0x60", false] : params),
    };
    const alone = new Heads(answering, heads.window, { oneNode: true });
    old = 2;
    expect(await alone.look()).to.deep.equal({ orphaned: [], added: [] });
    expect(alone.tip?.number).to.equal(100);
    await anvil.rpc.request("anvil_rollback", [3]);
    expect(numbers((await alone.look()).orphaned)).to.deep.equal([100, 99, 98]);
    expect(alone.tip?.number).to.equal(97);
  });
});
