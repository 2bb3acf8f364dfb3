import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { HttpRpc, type Rpc } from "../../../src/chain/index.ts";
import { World } from "../../src/mintd/world.ts";
import { anvilOptions, Chain, Fork, secondsPerBlock } from "./index.ts";

interface Block {
  readonly number: string;
  readonly hash: string;
  readonly timestamp: string;
}

describe("chaos: the chain", function () {
  this.timeout(90_000);
  let world: World;
  let chain: Chain;
  let folder: string;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), "mintd-chaos-chain-"));
    world = await World.begin(anvilOptions);
    chain = await Chain.begin(world.anvil, world.deployment, folder);
  });
  afterEach(async () => {
    await chain.anvil.kill();
    await world.end();
    await rm(folder, { recursive: true, force: true });
  });

  async function mine(blocks: number): Promise<void> {
    for (let i = 0; i < blocks; i++) await chain.mine();
  }

  const block = (number: number | "latest", rpc: Rpc = chain.rpc): Promise<Block> =>
    rpc.request<Block>("eth_getBlockByNumber", [number === "latest" ? number : `0x${number.toString(16)}`, false]);

  it("replaces as many blocks as it is told, and time goes on", async () => {
    const before = await Promise.all([chain.tip - 3, chain.tip - 2, chain.tip].map((number) => block(number)));
    expect(await chain.reorg(3)).to.equal(3);
    const after = await Promise.all([chain.tip - 3, chain.tip - 2, chain.tip].map((number) => block(number)));
    expect(after.map(({ hash }, i) => hash === before[i]?.hash)).to.deep.equal([true, false, false]);
    await chain.mine();
    expect(Number((await block("latest")).timestamp)).to.equal(Number(before[2]?.timestamp) + secondsPerBlock);
  });

  it("loses what is newer than the saved state when the node dies, and comes back on the same port with other blocks", async () => {
    const saved = await chain.save();
    const { port } = chain.anvil;
    const genesis = await block(0);
    await mine(7);
    const lost = await block("latest");
    expect(await chain.restart(saved)).to.equal(7);
    expect(chain.anvil.port).to.equal(port);
    expect((await block(0)).hash).to.equal(genesis.hash);
    expect(Number((await block("latest")).number)).to.equal(Number(lost.number) - 7);
    await mine(7);
    const again = await block("latest");
    expect(again.number).to.equal(lost.number);
    expect(again.hash).to.not.equal(lost.hash);
    expect(Number(again.timestamp)).to.equal(Number(lost.timestamp) + 7 * secondsPerBlock);
  });

  it("does not reorganise below the start of a restarted node", async () => {
    await chain.restart(await chain.save());
    expect(await chain.reorg(5)).to.equal(0);
    await mine(2);
    expect(await chain.reorg(5)).to.equal(2);
  });

  it("never replaces a block that was 32 deep, however often it reorganises", async () => {
    await mine(20);
    const kept = await block(chain.tip - 31);
    for (let i = 0; i < 4; i++) await chain.reorg(16);
    const saved = await chain.save();
    await mine(10);
    await chain.restart(saved);
    expect((await block(Number(kept.number))).hash).to.equal(kept.hash);
  });

  it("gives up a saved state before it would lose a final block", async () => {
    const saved = await chain.save();
    await mine(31);
    expect(saved.isGivenUp).to.equal(false);
    await chain.mine();
    expect(saved.isGivenUp).to.equal(true);
    expect(await chain.restart(saved)).to.equal(0);
  });

  it("is split by a fork of other blocks, which ends before a block of the chain would be buried beyond return", async () => {
    let ended = 0;
    const fork = await Fork.of(chain, () => ended++);
    const rpc = new HttpRpc({ url: fork.url, timeoutMs: 2_000 });
    for (let i = 0; i < 3; i++) {
      await fork.mine();
      await chain.mine();
    }
    const [theirs, ours] = [await block("latest", rpc), await block("latest")];
    expect(theirs.number).to.equal(ours.number);
    expect(theirs.timestamp).to.equal(ours.timestamp);
    expect(theirs.hash).to.not.equal(ours.hash);
    await mine(28);
    expect(ended).to.equal(0);
    await chain.mine();
    expect(ended).to.equal(1);
  });
});
