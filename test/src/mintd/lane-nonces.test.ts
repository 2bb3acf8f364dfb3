import { expect } from "chai";
import type { HDNodeWallet } from "ethers";
import type { Mintd } from "../../../src/mintd.ts";
import { laneCancelTask } from "../../../src/repairs.ts";
import { eventually } from "../../eventually.ts";
import { countOf, type LaneAttempt, laneAttempts, nextBaseFee, noticesOf, orderIds, rowsFor, stillClock } from "./many-lanes.ts";
import { laneAccount, minting, until, World } from "./world.ts";

const code = (error: unknown): unknown => (error as { readonly code?: unknown }).code;
const settings = { batch: { maxItems: 10, maxWaitMs: 0 } };

describe("A lane's nonce is used once", function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => (world = await World.begin({ noMining: true })));
  afterEach(() => world.end());

  /** Accepts the rows; resolves once they are on their way. The work is in an object: a bare promise would be awaited. */
  const begun = async (mintd: Mintd, users: readonly number[], turn = 0) => {
    const work = minting(mintd, rowsFor(users, turn));
    work.catch(() => undefined); // awaited by the test
    await until(mintd, "broadcast", users.length);
    return { work };
  };

  const attemptsAre = (count: number): Promise<LaneAttempt[]> =>
    eventually(`there are ${count} attempts`, async () => {
      const attempts = await laneAttempts(world);
      return attempts.length >= count ? attempts : undefined;
    });

  /** Raises the base fee block by block until the attempt is replaced. */
  async function dear(gwei: number): Promise<readonly [LaneAttempt, LaneAttempt]> {
    const pair = await eventually("the attempt is replaced", async () => {
      await nextBaseFee(world, gwei);
      await world.anvil.mine();
      const [first, second] = await laneAttempts(world);
      return first && second ? ([first, second] as const) : undefined;
    });
    return pair;
  }

  /** The node forgets the second attempt and is given the first once more. */
  async function bringBack(first: LaneAttempt, second: LaneAttempt): Promise<void> {
    await eventually("the node has the second", async () => {
      const known = await world.anvil.rpc.request("eth_getTransactionByHash", [second.hash]);
      return known ?? undefined;
    });
    await world.anvil.rpc.request("anvil_dropTransaction", [second.hash]);
    await nextBaseFee(world, 1);
    await world.anvil.mine();
    await nextBaseFee(world, 1);
    await world.anvil.rpc.request("eth_sendRawTransaction", [first.raw]).catch(() => undefined); // it may have it still
  }

  const including = async (): Promise<Set<string>> =>
    new Set((await world.events()).flatMap(({ kind, data }) => (kind === "tentative" ? [(data as { txHash: string }).txHash] : [])));

  async function foreign(from: HDNodeWallet, nonce: number, gwei = 100n): Promise<string> {
    const provider = world.provider;
    const fees = { maxFeePerGas: gwei * 10n ** 9n, maxPriorityFeePerGas: 50n * 10n ** 9n };
    const { hash } = await from.connect(provider).sendTransaction({ to: from.address, nonce, gasLimit: 21_000, ...fees });
    provider.destroy();
    return hash;
  }

  it("though it is replaced when the base fee rises tenfold: 12.5 % more on both fields at least", async () => {
    await using mintd = await world.open({ settings, clock: stillClock });
    await mintd.start();
    const { work } = await begun(mintd, [1, 2, 3]);
    const [first, second] = await dear(10);
    expect(second).to.deep.include({ nonce: first.nonce, orderIds: first.orderIds });
    for (const field of ["maxFeePerGas", "maxPriorityFeePerGas"] as const) {
      expect(Number(second[field])).to.be.at.least(Number(first[field]) * 1.125);
    }
    expect(await world.anvil.mineWhile(work)).to.include({ minted: 3, final: 3 });
    const attempts = await laneAttempts(world);
    expect(new Set(attempts.map(({ nonce }) => nonce))).to.deep.equal(new Set([first.nonce]));
    expect(await including()).to.deep.equal(new Set([attempts.at(-1)?.hash]));
    expect(await world.minted()).to.have.lengthOf(3);
  });

  it("and where the former attempt is mined after all, that one counts", async () => {
    await using mintd = await world.open({ settings, clock: stillClock });
    await mintd.start();
    const { work } = await begun(mintd, [1, 2, 3]);
    const [first, second] = await dear(10);
    await bringBack(first, second);
    expect(await world.anvil.mineWhile(work)).to.include({ minted: 3, final: 3 });
    expect(await including()).to.deep.equal(new Set([first.hash]));
    expect(await countOf(world, laneAccount.address)).to.equal(first.nonce + 1);
    expect(await world.minted()).to.have.lengthOf(3);
  });

  it("and what was replaced before the process ended is sent again by the next one, and minted once", async () => {
    const mintd = await world.open({ settings, clock: stillClock });
    await mintd.start();
    await begun(mintd, [1, 2, 3]);
    const [first, second] = await dear(10);
    await mintd.stop();
    await world.anvil.rpc.request("anvil_dropAllTransactions", []);
    const { notices, onNotice } = noticesOf();
    await using again = await world.open({ settings, clock: stillClock, onNotice });
    await again.start();
    expect(notices).to.deep.include({ kind: "sent again", lane: laneAccount.address, nonce: first.nonce, hash: second.hash });
    expect(await world.anvil.mineWhile(minting(again, rowsFor([1, 2, 3], 0)))).to.include({ final: 3 });
    expect(await countOf(world, laneAccount.address)).to.equal(first.nonce + 1);
    expect(await world.minted()).to.have.lengthOf(3);
  });

  it("and neither sent nor replaced while the base fee is above the cap; it goes on when it falls", async () => {
    await using mintd = await world.open({ settings: { ...settings, fees: { maxFeePerGasGwei: 6 } }, clock: stillClock });
    await mintd.start();
    const { work } = await begun(mintd, [1, 2, 3]);
    const later = minting(mintd, rowsFor([4], 0));
    later.catch(() => undefined); // awaited below
    const before = (await attemptsAre(1)).length;
    const told = world.troubles.length;
    await eventually("it is too dear", async () => {
      await nextBaseFee(world, 60);
      await world.anvil.mine();
      return world.troubles.slice(told).some((error) => code(error) === "FEE_CAP_REACHED") || undefined;
    });
    expect((await laneAttempts(world)).length).to.be.within(before, 2);
    await nextBaseFee(world, 1);
    await world.anvil.mine();
    await again(mintd);
    expect(await world.anvil.mineWhile(Promise.all([work, later]).then(([a, b]) => a.final + b.final))).to.equal(4);
    expect(await world.minted()).to.have.lengthOf(4);
    for (const attempt of await laneAttempts(world)) expect(Number(attempt.maxFeePerGas)).to.be.at.most(6e9);
  });

  /** A pool may have dropped what it could not mine; time does not pass here, so it is told to send again. */
  const again = (mintd: Mintd): Promise<void> => mintd.lanes.resume();

  it("by a no-op that cancels it: when that is final, its orders are minted by another nonce, once", async () => {
    await using mintd = await world.open({ settings, clock: stillClock });
    await mintd.start();
    const { work } = await begun(mintd, [1, 2, 3]);
    const [first] = await attemptsAre(1);
    await mintd.compensation.put(laneCancelTask(laneAccount.address, first?.nonce ?? 0));
    const [, noOp] = await attemptsAre(2);
    expect(noOp).to.deep.include({ nonce: first?.nonce, orderIds: [] });
    expect(await world.anvil.mineWhile(work)).to.include({ minted: 3, final: 3 });
    const attempts = await laneAttempts(world);
    expect(attempts.map(({ nonce, orderIds: ids }) => [nonce - (first?.nonce ?? 0), ids.length])).to.deep.equal([
      ...[
        [0, 3],
        [0, 0],
      ],
      [1, 3],
    ]);
    const events = await world.events();
    const taken = events.filter(({ kind }) => kind === "unconfirmed");
    expect(taken.map(({ data }) => (data as { reason: string }).reason)).to.deep.equal(Array.from({ length: 3 }, () => "nonce-taken"));
    const told = events.filter(({ kind }) => kind === "broadcast").map(({ data }) => (data as { hash: string }).hash);
    expect(told, "a no-op carries no order").to.not.include(noOp?.hash);
    const settled = events.findIndex(({ kind, data }) => kind === "settled" && (data as { hash: string }).hash === noOp?.hash);
    const rebound = events.findIndex(({ kind, data }) => kind === "attempted" && (data as { nonce: number }).nonce !== first?.nonce);
    expect(settled).to.be.within(0, rebound);
    expect(await world.minted()).to.have.lengthOf(3);
  });

  it("by the original though it was cancelled, where that is mined first: nothing else changes", async () => {
    await using mintd = await world.open({ settings, clock: stillClock });
    await mintd.start();
    const { work } = await begun(mintd, [1, 2, 3]);
    const [first] = await attemptsAre(1);
    await mintd.compensation.put(laneCancelTask(laneAccount.address, first?.nonce ?? 0));
    const [original, noOp] = await attemptsAre(2);
    if (!original || !noOp) throw new Error("two attempts");
    await eventually("the no-op is in the pool", async () =>
      (await world.anvil.rpc.request("eth_getTransactionByHash", [noOp.hash])) === null ? undefined : true,
    );
    await world.anvil.rpc.request("anvil_dropTransaction", [noOp.hash]);
    await world.anvil.rpc.request("eth_sendRawTransaction", [original.raw]);
    expect(await world.anvil.mineWhile(work)).to.include({ minted: 3, final: 3 });
    expect(await laneAttempts(world)).to.have.lengthOf(2);
    expect(await world.counts()).to.not.have.property("unconfirmed");
    expect(await including()).to.deep.equal(new Set([original.hash]));
  });

  for (const [what, window, users] of [
    ["a waiting order", 1, [1, 2]],
    ["a no-op where none waits", 16, [1]],
  ] as const) {
    it(`though a foreign transaction had it and was reorganised away: ${what} fills the gap`, async () => {
      await world.anvil.mine();
      await foreign(laneAccount, 0);
      await world.anvil.mine();
      const { notices, onNotice } = noticesOf();
      await using mintd = await world.open({
        settings: { batch: { maxItems: 1, maxWaitMs: 0 }, lane: { window } },
        onNotice,
        clock: stillClock,
      });
      await mintd.start();
      await world.anvil.reorg(1);
      const work = minting(mintd, rowsFor(users, 0));
      expect(await world.anvil.mineWhile(work, 1)).to.include({ minted: users.length, final: users.length });
      expect(notices).to.deep.include({ kind: "gap", lane: laneAccount.address, nonce: 0 });
      const attempts = await laneAttempts(world);
      const filled = attempts.find(({ nonce }) => nonce === 0);
      expect(filled?.orderIds).to.deep.equal(users.length > 1 ? orderIds(rowsFor([2], 0)) : []);
      expect(attempts.map(({ nonce }) => nonce).sort()).to.deep.equal([0, 1]);
      expect(await world.minted()).to.have.lengthOf(users.length);
    });
  }

  it("by somebody else in the end: once that is final and not before, its orders are minted by another nonce", async () => {
    const displacedAt: (number | undefined)[] = [];
    await using mintd = await world.open({
      settings,
      clock: stillClock,
      onNotice: ({ kind }) => {
        if (kind === "displaced") displacedAt.push(mintd.confirmations.tip?.number);
      },
    });
    await mintd.start();
    const { work } = await begun(mintd, [1, 2, 3]);
    const theirs = await foreign(laneAccount, 0);
    await world.anvil.mine();
    const receipt = await world.anvil.rpc.request<{ blockNumber: string }>("eth_getTransactionReceipt", [theirs]);
    expect(await world.anvil.mineWhile(work, 1)).to.include({ minted: 3, final: 3 });
    expect(displacedAt).to.have.lengthOf(1);
    expect(displacedAt[0]).to.be.at.least(Number(receipt.blockNumber) + 31);
    expect((await laneAttempts(world)).map(({ nonce }) => nonce)).to.deep.equal([0, 1]);
    expect(await world.counts()).to.include({ unconfirmed: 3, final: 3 });
    expect(await world.minted()).to.have.lengthOf(3);
  });

  it("behind foreign transactions that come meanwhile: they are reported, and the lane goes on after them", async () => {
    await using mintd = await world.open({ settings, clock: stillClock });
    await mintd.start();
    const { work } = await begun(mintd, [1]);
    await foreign(laneAccount, 1);
    await foreign(laneAccount, 2);
    await world.anvil.mine();
    await eventually("it is reported", () => world.troubles.find((error) => code(error) === "FOREIGN_TRANSACTION"));
    const later = minting(mintd, rowsFor([1], 1));
    expect(await world.anvil.mineWhile(Promise.all([work, later]).then(([a, b]) => a.final + b.final))).to.equal(2);
    expect((await laneAttempts(world)).map(({ nonce }) => nonce)).to.deep.equal([0, 3]);
    expect(await world.minted()).to.have.lengthOf(2);
  });
});
