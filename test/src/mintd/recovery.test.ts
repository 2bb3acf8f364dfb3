import { expect } from "chai";
import { join } from "node:path";
import { type Clock, systemClock } from "../../../src/clock.ts";
import { Anvil } from "../../anvil.ts";
import { eventually } from "../../eventually.ts";
import { admin, attempts, fastClock, listOf, minting, rpcWith, send, signers, stranger, until, voucherSigner, World } from "./world.ts";

const revoke = () => signers.encodeFunctionData("revokeSigner", [voucherSigner.address]);
const grant = () => signers.encodeFunctionData("grantSigner", [voucherSigner.address]);

describe("mintd goes on", function () {
  this.timeout(120_000);
  let world: World;
  const begin = async (...options: Parameters<typeof World.begin>) => (world = await World.begin(...options));

  afterEach(() => world.end());

  for (const depth of [1, 5, 20]) {
    it(`after a reorg of depth ${depth}: unconfirmed, then the same bytes are sent again and become final`, async () => {
      await begin();
      const rows = listOf(30);
      const sent: unknown[] = [];
      const rpc = rpcWith(world.anvil.rpc, (method, params) => {
        if (method === "eth_sendRawTransaction") sent.push(params[0]);
      });
      const still: Clock = { ...systemClock, now: () => 0 }; // nothing is sent again because it has waited long
      await using mintd = await world.open({ rpc, clock: still, settings: { batch: { maxItems: 30, maxWaitMs: 0 } } });
      await mintd.start();
      const work = minting(mintd, rows);
      work.catch(() => undefined); // awaited below
      await until(mintd, "tentative", 30);
      if (depth > 1) await world.anvil.mine(depth - 1);
      await world.anvil.reorg(depth);
      const report = await world.anvil.mineWhile(work);
      expect(report).to.include({ minted: 30, final: 30 });
      expect(world.reorgs).to.equal(1);
      const [attempt, ...others] = await attempts(world);
      expect(others).to.deep.equal([]);
      expect(sent).to.deep.equal([attempt?.raw, attempt?.raw]);
      expect(await world.counts()).to.include({ unconfirmed: 30, tentative: 60, final: 30 });
      const finals = (await world.events()).flatMap(({ kind, data }) => (kind === "tentative" ? (data as { txHash: string }).txHash : []));
      expect(new Set(finals)).to.deep.equal(new Set([attempt?.hash]));
      expect(await world.minted()).to.have.lengthOf(30);
    });
  }

  it("after a batch expired in the pool: skipped on chain, issued again with the same numbers, minted once", async () => {
    await begin({ noMining: true });
    await using mintd = await world.open();
    await world.anvil.mine();
    await mintd.start();
    const work = minting(mintd, listOf(20));
    work.catch(() => undefined); // awaited below
    await until(mintd, "broadcast", 20);
    await world.anvil.rpc.request("evm_increaseTime", [400]);
    expect(await world.anvil.mineWhile(work)).to.include({ minted: 20, final: 20 });
    const counts = await world.counts();
    expect(counts).to.include({ unconfirmed: 20, authorised: 40, tentative: 20, final: 20 });
    const numbers = new Map<string, Set<string>>();
    for (const { stream, kind, data } of await world.events()) {
      if (kind === "authorised") numbers.set(stream, (numbers.get(stream) ?? new Set()).add((data as { number: string }).number));
      if (kind === "unconfirmed") expect(data).to.deep.equal({ reason: "skipped-expired" });
    }
    expect([...numbers.values()].every((set) => set.size === 1)).to.equal(true);
    expect(await attempts(world)).to.have.lengthOf(2);
    expect(await world.minted()).to.have.lengthOf(20);
  });

  it("when somebody copies the batch from the pool and is mined first", async () => {
    await begin({ noMining: true });
    await using mintd = await world.open();
    await mintd.start();
    const work = minting(mintd, listOf(20));
    work.catch(() => undefined); // awaited below
    await until(mintd, "broadcast", 20);
    const [attempt] = await attempts(world);
    const pending = await world.anvil.rpc.request<{ input: string }>("eth_getTransactionByHash", [attempt?.hash]);
    const theirs = await send(world, stranger, pending.input);
    expect(await world.anvil.mineWhile(work)).to.include({ minted: 20, final: 20 });
    const inclusions = (await world.events()).flatMap(({ kind, data }) =>
      kind === "tentative" ? (data as { txHash: string }).txHash : [],
    );
    expect(new Set(inclusions)).to.deep.equal(new Set([theirs]));
    expect(await world.minted()).to.have.lengthOf(20);
    expect(await attempts(world)).to.have.lengthOf(1);
  });

  it("after a transaction reverted: once that is final, its orders are minted by another one", async () => {
    await begin({ noMining: true });
    await using mintd = await world.open();
    await mintd.start();
    const work = minting(mintd, listOf(20));
    work.catch(() => undefined); // awaited below
    await until(mintd, "broadcast", 20);
    await send(world, admin, revoke());
    await world.anvil.mine();
    await send(world, admin, grant());
    expect(await world.anvil.mineWhile(work)).to.include({ minted: 20, final: 20 });
    expect(await world.counts()).to.include({ failed: 20, compensating: 20, authorised: 40, tentative: 20, final: 20 });
    expect(await world.minted()).to.have.lengthOf(20);
  });

  it("after a transaction reverted and became final while mintd was down", async () => {
    await begin({ noMining: true });
    const rows = listOf(20);
    const first = await world.open();
    await first.start();
    const cut = minting(first, rows);
    cut.catch(() => undefined); // it is stopped below
    await until(first, "broadcast", 20);
    await first.stop();
    await send(world, admin, revoke());
    await world.anvil.mine();
    await send(world, admin, grant());
    await world.anvil.mine(40);
    expect(await world.mint(rows)).to.include({ minted: 20, final: 20 });
    expect(await world.counts()).to.include({ failed: 20, compensating: 20, tentative: 20, final: 20 });
    expect(await world.minted()).to.have.lengthOf(20);
  });

  it("when its node is killed and comes back without its newest blocks", async () => {
    await begin({ noMining: true });
    const rows = listOf(200);
    const { port } = world.anvil;
    const state = join(world.root, "chain-state.json");
    await world.anvil.mine();
    await world.anvil.save(state);
    await using mintd = await world.open({ clock: fastClock });
    await mintd.start();
    const work = minting(mintd, rows);
    work.catch(() => undefined); // awaited below
    await until(mintd, "broadcast", 100);
    await world.anvil.mine();
    await until(mintd, "tentative", 1);
    await world.anvil.kill();
    await eventually(
      "mintd misses its node",
      () => world.troubles.some((error) => (error as { code?: string }).code === "RPC_UNANSWERED") || undefined,
    );
    world.anvil = await Anvil.start({ port, state, noMining: true });
    expect(await world.anvil.mineWhile(work)).to.include({ minted: 200, final: 200 });
    expect(await world.minted()).to.have.lengthOf(200);
  });
});
