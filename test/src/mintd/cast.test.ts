import { expect } from "chai";
import { parseEther } from "ethers";
import { verifyList } from "../../../src/audit/index.ts";
import { Account, allowMinter, checkCollaterals, Vault } from "../../../src/cast/index.ts";
import { MintLogReader } from "../../../src/chain/index.ts";
import { requestOf } from "../../../src/list/index.ts";
import type { Mintd } from "../../../src/mintd.ts";
import { Secret } from "../../../src/secret.ts";
import { VOUCHER_SKIPPED_TOPIC } from "../../../src/voucher/index.ts";
import { eventually } from "../../eventually.ts";
import { accountOptions } from "../cast/world.ts";
import { failure } from "../store/expectations.ts";
import { CastPositions, ETH, thousand } from "./cast-positions.ts";
import { attempts, minting, type Row, rpcWith, World } from "./world.ts";

describe("mintd mints cast tokens", function () {
  this.timeout(120_000);
  let world: World;
  let positions: CastPositions;

  before(async () => {
    world = await World.begin();
    positions = await CastPositions.on(world);
    await (await open()).stop(); // so that there is a store to look into
  });
  beforeEach(() => {
    world.troubles.length = 0;
  });
  after(async () => {
    positions.end();
    await world.end();
  });

  it("once each, on the positions of their receivers, and proves it from the chain's logs", async () => {
    const rows = await positions.covered(5);
    const report = await mint(rows);
    expect(report).to.include({ rows: 5, minted: 5, final: 5, rejected: 0 });
    expect(await mint(rows)).to.include({ accepted: 0, finalBefore: 5 });
    expect(await positions.supply()).to.equal(5n * parseEther("1000"));
    expect(await proof(rows)).to.deep.include({ ok: true, minted: 5, duplicates: 0 });
  });

  it("and rejects what can not be minted by a code of its cause, before gas is paid for it; the others are minted together", async () => {
    const { contracts, unnamed } = positions;
    const good = await positions.covered(4);
    const owner = async (allowance?: number) => (await positions.owner(allowance === undefined ? {} : { allowance })).address;
    const bad = {
      POSITION_NOT_COVERED: positions.row(await owner(), 2 * thousand),
      MINT_ALLOWANCE_TOO_LOW: positions.row(await owner(999)),
      DEBT_BELOW_FLOOR: positions.row(await owner(), 9_999),
      COLLATERAL_NOT_NAMED: positions.row(await owner(), thousand, unnamed),
      COLLATERAL_UNKNOWN: positions.row(await owner(), thousand, contracts.CastMinter.address),
    };
    const sent = (await attempts(world)).length;
    const rows = [...good.slice(0, 2), ...Object.values(bad), ...good.slice(2)];
    expect(await mint(rows)).to.include({ rows: 9, minted: 4, final: 4, rejected: 5 });
    const rejected = Object.entries(bad).map(async ([code, row]) => [code, await codeOf(row)]);
    for (const [expected, code] of await Promise.all(rejected)) expect(code).to.equal(expected);
    expect(await attempts(world)).to.have.lengthOf(sent + 1);
    expect(await skipped()).to.equal(0);
  });

  it("and waits while a price is too old or a collateral paused, says so once, and mints the other collaterals meanwhile", async () => {
    const rows = await positions.covered(5);
    const golden = positions.row((await positions.owner({ collateral: positions.gold })).address, thousand, positions.gold);
    const before = (await attempts(world)).length;
    await positions.age(ETH);
    await using mintd = await open();
    await mintd.start();
    const done = minting(mintd, [...rows, golden]);
    await world.anvil.mineWhile(isFinal(mintd, golden));
    expect(await attempts(world)).to.have.lengthOf(before + 1);
    await positions.govern("pause");
    await positions.setPrice(ETH);
    await heard("COLLATERAL_PAUSED");
    await world.anvil.mine(3);
    expect(await attempts(world)).to.have.lengthOf(before + 1);
    expect(codes()).to.deep.equal(["PRICE_TOO_OLD", "COLLATERAL_PAUSED"]);
    await positions.govern("unpause");
    expect(await world.anvil.mineWhile(done)).to.include({ rows: 6, minted: 6, final: 6, rejected: 0 });
    expect(await skipped()).to.equal(0);
  });

  it("up to the ceiling; what does not fit waits until it does", async () => {
    const rows = await positions.covered(5);
    const debt = (await positions.debt()) / parseEther("1");
    await positions.govern("setLimits", debt + 3_000n, 100);
    await using mintd = await open();
    await mintd.start();
    const done = minting(mintd, rows);
    await world.anvil.mineWhile(Promise.all(rows.slice(0, 3).map((row) => isFinal(mintd, row))));
    expect(codes()).to.deep.equal(["DEBT_CEILING_REACHED"]);
    await positions.govern("setLimits", 1_000_000n, 100);
    expect(await world.anvil.mineWhile(done)).to.include({ minted: 5, final: 5, rejected: 0 });
    expect(await skipped()).to.equal(0);
  });

  it("and judges an order of an account by what its earlier ones leave, be they in its batch or on their way", async () => {
    const settings = { batch: { maxItems: 2, maxWaitMs: 20 } };
    const [debtor, spender] = [await positions.owner(), await positions.owner({ allowance: 1_000 })];
    const rows = [
      ...[positions.row(debtor.address), positions.row(spender.address)],
      ...[positions.row(debtor.address, 1), positions.row(spender.address, 1)], // below the floor for themselves
      positions.row(debtor.address, 1),
    ];
    expect(await mint(rows, { settings })).to.include({ rows: 5, minted: 4, rejected: 1 });
    expect(await codeOf(rows[3])).to.equal("MINT_ALLOWANCE_TOO_LOW");
    expect(await skipped()).to.equal(0);
  });

  it("and tries again what the contract skipped for a price that became too old on the way, without end and without a rejection", async () => {
    const rows = await positions.covered(2);
    let first = true;
    const rpc = rpcWith(world.anvil.rpc, async (method) => {
      if (method !== "eth_sendRawTransaction" || !first) return;
      first = false;
      await positions.age(ETH);
    });
    await using mintd = await open({ rpc });
    await mintd.start();
    const done = minting(mintd, rows);
    await world.anvil.mineWhile(heard("PRICE_TOO_OLD"));
    expect(await takeSkipped()).to.equal(2);
    await positions.setPrice(ETH);
    expect(await world.anvil.mineWhile(done)).to.include({ minted: 2, final: 2, rejected: 0 });
    expect((await proof(rows)).duplicates).to.equal(0);
  });

  it("and rejects, once its voucher is no more, an order that was tried and whose owner has taken the allowance back", async () => {
    const [keeps, takes] = [await positions.owner(), await positions.owner()];
    const rows = [positions.row(keeps.address), positions.row(takes.address)];
    let first = true;
    const rpc = rpcWith(world.anvil.rpc, async (method) => {
      if (method !== "eth_sendRawTransaction" || !first) return;
      first = false;
      await positions.allow(takes, 0);
    });
    await using mintd = await open({ rpc });
    await mintd.start();
    const done = minting(mintd, rows);
    const failed = () => [...mintd.book.open()].some(({ refusal }) => refusal?.code === "MINT_ALLOWANCE_TOO_LOW") || undefined;
    await world.anvil.mineWhile(eventually("one is refused", failed));
    expect(await takeSkipped()).to.equal(1);
    await world.anvil.rpc.request("evm_increaseTime", [300]);
    expect(await world.anvil.mineWhile(done)).to.include({ rows: 2, minted: 1, final: 1, rejected: 1 });
    expect(await codeOf(rows[1])).to.equal("MINT_ALLOWANCE_TOO_LOW");
    expect((await proof(rows)).findings.map(({ id, kind }) => `${id} ${kind}`)).to.deep.equal([`${rows[1]?.id ?? ""} missing`]);
  });

  it("against a collateral that its owner has named as he allowed the mint; an unknown or nameless one is refused beforehand", async () => {
    const { rpc } = world.anvil;
    const { contracts, unnamed } = positions;
    const owner = await positions.owner({ collateral: unnamed, allowance: 0 });
    const check = (...collaterals: string[]) =>
      checkCollaterals(
        rpc,
        contracts,
        collaterals.map((each) => each.toLowerCase()),
      );
    await failure("COLLATERAL_NOT_NAMED", check(contracts.WETH.address, unnamed));
    await failure("COLLATERAL_UNKNOWN", check(contracts.CastMinter.address));
    const vault = new Vault(rpc, contracts);
    const pool = (await vault.pools(await vault.newest())).find(({ collateral }) => collateral === unnamed);
    if (!pool) throw new Error("the vault has the collateral");
    const account = new Account(rpc, new Secret(owner.privateKey), accountOptions);
    const allow = (allowanceD18: bigint) =>
      allowMinter(
        { vault, account, pool, ether: false },
        { minter: contracts.CastMinter.address, castMinter: contracts.CastMinter.address, allowanceD18 },
      );
    const words = async (allowance: bigint) => (await allow(allowance)).map(({ what }) => what);
    expect(await words(1n)).to.deep.equal(["name the collateral", "allow the minter"]);
    expect(await words(parseEther("1000"))).to.deep.equal(["allow the minter"]);
    await check(unnamed);
    await account.close();
    expect(await mint([positions.row(owner.address, thousand, unnamed)])).to.include({ minted: 1, final: 1 });
  });

  const asCast = () => ({ deployment: positions.deployment, minter: "CastMinter" }) as const;
  const open = (options: Parameters<World["open"]>[0] = {}) => world.open({ ...asCast(), ...options });
  const mint = (rows: readonly Row[], options: Parameters<World["open"]>[0] = {}) => world.mint(rows, { ...asCast(), ...options });

  const codes = () => world.troubles.map((error) => (error as { readonly code?: unknown }).code);
  const heard = (code: string) => eventually(`${code} is told`, () => codes().includes(code) || undefined);
  const isFinal = (mintd: Mintd, row: Row) =>
    eventually(`${row.id} is final`, async () => {
      const order = await mintd.book.find(idOf(row)).catch(() => undefined); // not accepted yet
      return order?.kind === "final" || undefined;
    });

  /** Items that the minter left out so far, but for those that a test took. */
  async function skipped(): Promise<number> {
    return (await skips()) - taken;
  }
  let taken = 0;
  async function takeSkipped(): Promise<number> {
    const count = await skipped();
    taken += count;
    return count;
  }

  async function skips(): Promise<number> {
    const logs = await world.anvil.rpc.request<unknown[]>("eth_getLogs", [
      { address: positions.contracts.CastMinter.address, fromBlock: "0x0", topics: [VOUCHER_SKIPPED_TOPIC] },
    ]);
    return logs.length;
  }

  async function codeOf(row: Row | undefined): Promise<unknown> {
    const stream = row && `order/${idOf(row)}`;
    const rejected = (await world.events()).find((event) => event.stream === stream && event.kind === "rejected");
    return (rejected?.data as { readonly code?: unknown } | undefined)?.code;
  }

  function proof(rows: readonly Row[]) {
    const { CastMinter, CastToken } = positions.contracts;
    const reader = new MintLogReader(world.anvil.rpc, CastMinter.address, CastToken.address);
    const expected = rows.map((row) => ({ ...row, orderId: idOf(row) }));
    return verifyList(each(expected), { rpc: world.anvil.rpc, reader, deployedAt: positions.deployment.block });
  }
});

const idOf = (row: Row): string => requestOf(row, "default").orderId;

async function* each<T>(rows: readonly T[]): AsyncGenerator<T> {
  await Promise.resolve();
  yield* rows;
}
