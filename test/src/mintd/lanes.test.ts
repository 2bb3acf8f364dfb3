import { expect } from "chai";
import { ZeroAddress } from "ethers";
import { laneDutyTask } from "../../../src/repairs.ts";
import { eventually } from "../../eventually.ts";
import { failure } from "../store/expectations.ts";
import { laneAccounts, laneAttempts, laneKeys, mintedInOrder, noticesOf, orderIds, rowsFor, setBalance } from "./many-lanes.ts";
import { fastClock, listOf, minting, until, World } from "./world.ts";

const users = (count: number): number[] => Array.from({ length: count }, (_, i) => i + 1);
const lower = (addresses: Iterable<string>): string[] => [...addresses].map((address) => address.toLowerCase()).sort();

describe("mintd with many lanes", function () {
  this.timeout(120_000);
  let world: World;
  const begin = async (...options: Parameters<typeof World.begin>) => (world = await World.begin(...options));

  afterEach(() => world.end());

  it("mints each order once, a user's in the order of acceptance, with all lanes", async () => {
    await begin();
    const rows = [0, 1, 2, 3, 4].flatMap((turn) => rowsFor(users(40), turn));
    const settings = { batch: { maxItems: 4, maxWaitMs: 5 }, lane: { window: 3 } };
    expect(await world.mint(rows, { laneKeys: laneKeys(8), settings })).to.include({ minted: 200, final: 200 });
    const minted = await mintedInOrder(world);
    expect([...minted].sort()).to.deep.equal(orderIds(rows).sort());
    for (const user of users(40)) {
      const own = orderIds([0, 1, 2, 3, 4].flatMap((turn) => rowsFor([user], turn)));
      expect(minted.filter((orderId) => own.includes(orderId))).to.deep.equal(own);
    }
    const attempts = await laneAttempts(world);
    expect(lower(new Set(attempts.map(({ lane }) => lane)))).to.deep.equal(lower(laneAccounts(8).map(({ address }) => address)));
    for (const user of users(40)) {
      const lanes = attempts.filter((attempt) => attempt.orderIds.some((id) => orderIds(rowsFor([user], 0)).includes(id)));
      expect(new Set(lanes.map(({ lane }) => lane)).size).to.equal(1);
    }
  });

  it("leaves an order out that can never be minted: rejected with the contract's error, the others of its batch minted", async () => {
    await begin();
    const rows = [...listOf(9), { line: 11, id: "nobody", to: ZeroAddress, quantity: 1, uri: "" }, ...listOf(9, 20)];
    const report = await world.mint(rows, { settings: { batch: { maxItems: 19, maxWaitMs: 50 } } });
    expect(report).to.include({ minted: 18, final: 18, rejected: 1 });
    expect(report.rejections).to.have.lengthOf(1);
    expect(report.rejections[0]?.id).to.equal("nobody");
    expect(report.rejections[0]?.reason).to.contain("MintToZeroAddress()");
    const rejected = (await world.events()).filter(({ kind }) => kind === "rejected");
    expect(rejected.map(({ data }) => (data as { code: string }).code)).to.deep.equal(["RECIPIENT_IS_ZERO"]);
    expect(await world.minted()).to.have.lengthOf(18);
  });

  it("stops a lane that is emptied before it sends: its orders go to the other, without a transaction of its own", async () => {
    await begin({ noMining: true });
    const [poor, rich] = laneAccounts(2).map(({ address }) => address.toLowerCase());
    const { notices, onNotice } = noticesOf();
    await using mintd = await world.open({ laneKeys: laneKeys(2), onNotice });
    await mintd.start();
    await setBalance(world, poor ?? "", 1_000n);
    expect(await world.anvil.mineWhile(minting(mintd, rowsFor(users(20), 0)))).to.include({ minted: 20, final: 20 });
    const attempts = await laneAttempts(world);
    expect(new Set(attempts.map(({ lane }) => lane))).to.deep.equal(new Set([rich]));
    expect(notices.filter(({ kind }) => kind === "without funds").map(({ lane }) => lane.toLowerCase())).to.deep.equal([poor]);
    expect(await world.minted()).to.have.lengthOf(20);
  });

  it("keeps what a lane without funds has sent, and its users with it; it resumes when it is funded", async () => {
    await begin({ noMining: true });
    const [poor = "", rich = ""] = laneAccounts(2).map(({ address }) => address);
    const { notices, onNotice } = noticesOf();
    await using mintd = await world.open({ laneKeys: laneKeys(2), clock: fastClock, onNotice });
    await mintd.start();
    const homes = Map.groupBy(users(20), (user) => mintd.twoStage.laneFor({ ...rowRequest(user), tenant: "default" }).address);
    const [first = 0, ...others] = homes.get(poor) ?? [];
    const early = minting(mintd, rowsFor([first], 0));
    early.catch(() => undefined); // awaited below
    await until(mintd, "broadcast", 1);
    await setBalance(world, poor, 1_000n);
    await world.anvil.mine();
    // What an account has is read once a head: with the former one the lane would sign what it cannot pay for, and keep it.
    const poorer = BigInt(await world.anvil.rpc.request<string>("eth_blockNumber", []));
    await eventually("the new head is seen", () => BigInt(mintd.confirmations.tip?.number ?? 0) >= poorer || undefined);
    const late = minting(mintd, [...rowsFor([first], 1), ...rowsFor(others, 1)]);
    late.catch(() => undefined); // awaited below
    await world.anvil.mineWhile(
      eventually("the lane stops, and users with nothing on their way go elsewhere", () => {
        const moved = orderIds(rowsFor(others, 1)).filter((id) => mintd.book.get(id)?.carrier?.lane === rich || !mintd.book.get(id));
        return (notices.some(({ kind }) => kind === "without funds") && moved.length === others.length) || undefined;
      }),
    );
    await setBalance(world, poor, 10n ** 20n);
    expect(await world.anvil.mineWhile(Promise.all([early, late]).then(([a, b]) => a.final + b.final))).to.equal(2 + others.length);
    const attempts = await laneAttempts(world);
    const lanesOf = (rows: ReturnType<typeof rowsFor>) =>
      attempts.filter((attempt) => attempt.orderIds.some((id) => orderIds(rows).includes(id))).map(({ lane }) => lane);
    expect(new Set(lanesOf([...rowsFor([first], 0), ...rowsFor([first], 1)]))).to.deep.equal(new Set([poor.toLowerCase()]));
    expect(new Set(lanesOf(rowsFor(others, 1)))).to.deep.equal(new Set([rich.toLowerCase()]));
    const own = orderIds([...rowsFor([first], 0), ...rowsFor([first], 1)]);
    expect((await mintedInOrder(world)).filter((id) => own.includes(id))).to.deep.equal(own);
    expect(await world.minted()).to.have.lengthOf(2 + others.length);
  });

  it("keeps users waiting for a lane that is paused, over a restart too, until it is opened again", async () => {
    await begin();
    const keys = laneKeys(2);
    const [paused = "", other = ""] = laneAccounts(2).map(({ address }) => address);
    const first = await world.open({ laneKeys: keys });
    await first.start();
    const homes = Map.groupBy(users(20), (user) => first.twoStage.laneFor({ ...rowRequest(user), tenant: "default" }).address);
    const its = homes.get(paused) ?? [];
    // Their users are at home already: they wait in its line.
    await first.compensation.put(laneDutyTask(other, "paused"));
    await first.compensation.put(laneDutyTask(paused, "paused"));
    await eventually("both are paused", () => [...first.lanes].every(({ state }) => state.duty === "paused") || undefined);
    await first.stop();
    await using second = await world.open({ laneKeys: keys });
    expect([...second.lanes].map(({ state }) => state.duty)).to.deep.equal(["paused", "paused"]);
    await second.start();
    const work = minting(second, rowsFor(its, 0));
    work.catch(() => undefined); // awaited below
    await eventually("all are accepted", () => second.book.openCount === its.length || undefined);
    await second.compensation.put(laneDutyTask(other, "open"));
    await eventually("the other is open", () => second.lanes.get(other).state.duty === "open" || undefined);
    const tip = second.confirmations.tip?.number ?? 0;
    await world.anvil.mine(3);
    await eventually("it looked at the lanes since", () => (second.confirmations.tip?.number ?? 0) >= tip + 3 || undefined);
    minting(second, rowsFor([101, 102], 0)).catch(() => undefined); // new users go where they are taken
    const isFinal = (id: string) =>
      second.book.find(id).then(
        ({ kind }) => kind === "final",
        () => false,
      );
    await world.anvil.mineWhile(
      eventually(
        "they are minted",
        async () => (await Promise.all(orderIds(rowsFor([101, 102], 0)).map(isFinal))).every(Boolean) || undefined,
      ),
    );
    expect(new Set((await laneAttempts(world)).map(({ lane }) => lane))).to.deep.equal(new Set([other.toLowerCase()]));
    await second.compensation.put(laneDutyTask(paused, "open"));
    expect(await world.anvil.mineWhile(work)).to.include({ final: its.length });
    const own = (await laneAttempts(world)).filter(({ lane }) => lane === paused.toLowerCase());
    expect(own.flatMap((attempt) => attempt.orderIds)).to.have.members(orderIds(rowsFor(its, 0)));
  });

  it("moves the users of a lane that drains when nothing of theirs is on its way there", async () => {
    await begin({ noMining: true });
    const [drained = "", other = ""] = laneAccounts(2).map(({ address }) => address);
    await using mintd = await world.open({ laneKeys: laneKeys(2) });
    await mintd.start();
    const homes = Map.groupBy(users(20), (user) => mintd.twoStage.laneFor({ ...rowRequest(user), tenant: "default" }).address);
    const [sent = 0, waits = 0] = homes.get(drained) ?? [];
    const early = minting(mintd, rowsFor([sent], 0));
    early.catch(() => undefined); // awaited below
    await until(mintd, "broadcast", 1);
    await mintd.compensation.put(laneDutyTask(drained, "draining"));
    await eventually("it drains", () => mintd.lanes.get(drained).state.duty === "draining" || undefined);
    const late = minting(mintd, rowsFor([sent, waits], 1));
    late.catch(() => undefined); // awaited below
    const [later = "", elsewhere = ""] = orderIds(rowsFor([sent, waits], 1));
    await eventually("who has nothing there goes elsewhere", () => mintd.book.get(elsewhere)?.carrier?.lane === other || undefined);
    await world.anvil.mine(20);
    await eventually(
      "the first is auditable",
      () => mintd.book.get(orderIds(rowsFor([sent], 0))[0] ?? "")?.kind === "auditable" || undefined,
    );
    expect(mintd.book.get(later)?.carrier).to.equal(undefined);
    expect(await world.anvil.mineWhile(Promise.all([early, late]).then(([a, b]) => a.final + b.final))).to.equal(3);
    const attempts = await laneAttempts(world);
    const laneOf = (id: string) => attempts.filter((attempt) => attempt.orderIds.includes(id)).map(({ lane }) => lane);
    expect(laneOf(later)).to.deep.equal([other.toLowerCase()]);
  });

  it("does not open without the key of a lane that has transactions on their way: LANE_MISSING", async () => {
    await begin({ noMining: true });
    const first = await world.open({ laneKeys: laneKeys(2) });
    await first.start();
    const cut = minting(first, rowsFor(users(20), 0));
    cut.catch(() => undefined); // it is stopped below
    await until(first, "broadcast", 20);
    await first.stop();
    const [one, two] = laneKeys(2);
    const [, left] = laneAccounts(2);
    const before = await world.events();
    const error = await failure("LANE_MISSING", world.open({ laneKeys: one ? [one] : [] }));
    expect(error.message).to.contain(left?.address).and.to.contain("1 transaction");
    expect(await world.events()).to.deep.equal(before);
    await using again = await world.open({ laneKeys: two && one ? [two, one] : [] });
    await again.start();
    expect(await world.anvil.mineWhile(minting(again, rowsFor(users(20), 0)))).to.include({ final: 20 });
    expect(await world.minted()).to.have.lengthOf(20);
  });
});

const rowRequest = (user: number) => ({ orderId: "", key: null, to: rowsFor([user], 0)[0]?.to ?? "", quantity: 1, uriDigest: "" });
