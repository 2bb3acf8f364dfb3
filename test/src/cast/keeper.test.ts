import { expect } from "chai";
import { Interface, parseEther } from "ethers";
import {
  type AccountNews,
  ContractRefused,
  deposit,
  follow,
  Keeper,
  type KeeperEvent,
  mint,
  settled,
  VaultKeeper,
  viewPosition,
} from "../../../src/cast/index.ts";
import { liquidation } from "../../../src/cast/moves.ts";
import { type Rpc, type RpcCall, type RpcOutcome, RpcRefused } from "../../../src/chain/rpc/rpc.ts";
import { castKeeperTelemetry, type KeeperTelemetry, readExposition } from "../../../src/telemetry/index.ts";
import { eventually } from "../../eventually.ts";
import { valueOf } from "../telemetry/scraped.ts";
import { CastWorld, wallet } from "./world.ts";

/** The keeper's account; 3 to 6 are debtors. POOR has what others give it. */
const KEEPER = 9;
const POOR = 8;

const erc20 = new Interface(["function transfer(address to, uint256 amount) returns (bool)"]);

/** An endpoint that refuses to say what became of one transaction. */
class Unreadable implements Rpc {
  hash: string | undefined;
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  request<T>(method: string, params: readonly unknown[]): Promise<T> {
    return this.#rpc.request<T>(method, params);
  }

  async each<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]> {
    const outcomes = await this.#rpc.each<T>(calls);
    return outcomes.map((outcome, i) =>
      calls[i]?.method === "eth_getTransactionReceipt" && calls[i].params[0] === this.hash
        ? { ok: false, error: new RpcRefused("eth_getTransactionReceipt", -32_000, "transaction indexing is in progress", undefined) }
        : outcome,
    );
  }
}

describe("A keeper on a chain", function () {
  this.timeout(120_000);
  let world: CastWorld;
  let events: KeeperEvent[];
  let clean: string;
  /** Milliseconds on the clock of the metrics. */
  let now: number;
  let telemetry: KeeperTelemetry<KeeperEvent>;

  const onEvent = (event: KeeperEvent): void => {
    events.push(event);
    telemetry.hear(event);
  };
  const metrics = async (...names: readonly string[]) => {
    const families = readExposition((await telemetry.scrape()).text);
    return names.map((name) => valueOf(families, `mintd_cast_keeper_${name}`));
  };
  const told = (kind: KeeperEvent["kind"]) => events.filter((event) => event.kind === kind);
  const debtors = (kind: KeeperEvent["kind"]) => told(kind).map((event) => ("account" in event ? event.account : ""));
  const debtOf = async (index: number) => (await viewPosition(world.vault, world.contracts.WETH.address, wallet(index).address))?.debtD18;
  const pause = () => new Promise<void>((resolve) => setImmediate(resolve));
  const hashes = (kind: KeeperEvent["kind"]) => told(kind).map((event) => ("hash" in event ? event.hash : undefined));
  const open = (index = KEEPER) => {
    const chain = new VaultKeeper(world.vault, world.account(index), 0);
    return { chain, keeper: new Keeper(chain, { onEvent }) };
  };

  /** Sent by whoever has the key, at a tip above that of accounts. Returns its bytes. */
  async function send(index: number, to: string, data: string): Promise<string> {
    const { rpc } = world.anvil;
    const nonce = Number(await rpc.request<string>("eth_getTransactionCount", [wallet(index).address, "pending"]));
    const fees = { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 10n };
    const raw = await wallet(index).signTransaction({ type: 2, chainId: 31_337, nonce, to, data, gasLimit: 1_000_000, ...fees });
    await rpc.request("eth_sendRawTransaction", [raw]);
    return raw;
  }

  /** Cast tokens of account 4's for POOR, in a block of their own. */
  async function give(amount: string): Promise<string> {
    const data = erc20.encodeFunctionData("transfer", [wallet(POOR).address, parseEther(amount)]);
    const raw = await send(4, world.contracts.CastToken.address, data);
    await world.anvil.mine();
    return raw;
  }

  async function position(index: number, ether: string, debt: string): Promise<void> {
    const move = await world.move(index);
    await deposit(move, parseEther(ether));
    await mint(move, parseEther(debt));
  }

  before(async () => {
    world = await CastWorld.begin();
    await position(KEEPER, "20", "2500");
    await position(3, "1", "1300");
    await position(4, "1", "1000");
    await position(5, "1", "1200");
    await world.setPrice(1_600n);
  });
  after(() => world.end());
  beforeEach(async () => {
    events = [];
    now = 0;
    telemetry = castKeeperTelemetry({ clock: { now: () => now } });
    clean = await world.anvil.rpc.request<string>("evm_snapshot", []);
  });
  afterEach(async () => {
    await telemetry.close();
    await world.closeAccounts();
    await world.anvil.rpc.request("evm_setAutomine", [true]);
    await world.revert(clean);
  });

  it("liquidates what is below the ratio, worst first, as far as its tokens reach", async () => {
    const { keeper } = open();
    await keeper.pass();
    await settled(keeper, { signal: AbortSignal.timeout(20_000), pause, onEvent });
    expect(debtors("sent")).to.deep.equal([wallet(3), wallet(5)].map(({ address }) => address));
    expect(debtors("liquidated")).to.have.length(2);
    expect([await debtOf(3), await debtOf(4), await debtOf(5)]).to.deep.equal([0n, parseEther("1000"), 0n]);
    await keeper.pass();
    expect(told("sent")).to.have.length(2);
  });

  it("tells what its metrics are made of: positions that are short, what it has and pays, what is on its way", async () => {
    const { keeper } = open();
    await world.anvil.rpc.request("evm_setAutomine", [false]);
    const state = ["positions", "uncovered_positions", "unjudged_positions", "balance_cast"] as const;
    expect(await metrics("survey_age_seconds", ...state)).to.deep.equal([Infinity, 0, 0, 0, 0]);
    await keeper.pass();
    now = 90_000;
    expect(await metrics(...state)).to.deep.equal([4, 2, 0, 2_500]);
    expect(await metrics("survey_age_seconds", "in_flight_liquidations", "in_flight_age_seconds")).to.deep.equal([90, 2, 90]);
    await passUntil(keeper, "both are mined", () => keeper.inFlight === 0);
    await keeper.pass();
    expect(await metrics(...state)).to.deep.equal([4, 0, 0, 0]);
    expect(await metrics("survey_age_seconds", "in_flight_liquidations", "in_flight_age_seconds")).to.deep.equal([0, 0, 0]);
    expect(await metrics("repaid_cast_total", "block")).to.deep.equal([2_500, (await world.vault.newest()).number]);
    await world.anvil.rpc.request("evm_increaseTime", [3_700]);
    await world.anvil.mine();
    await keeper.pass();
    expect(await metrics("unjudged_positions"), "those of 4 and of the keeper, under a price that is too old").to.deep.equal([2]);
  });

  /** Passes and mines until `done`. */
  async function passUntil(keeper: Keeper, what: string, done: () => boolean): Promise<void> {
    await eventually(what, async () => {
      await keeper.pass();
      if (done()) return true;
      await world.anvil.mine();
      return undefined;
    });
  }

  it("never sends twice for a position while its transaction is on its way, and has it sent again where the pool lost it", async () => {
    await world.anvil.rpc.request("evm_setAutomine", [false]);
    const { keeper } = open();
    await keeper.pass();
    await world.anvil.rpc.request("anvil_dropAllTransactions", []); // the node forgets them; the keeper does not
    const before = await world.vault.newest();
    await world.anvil.mine();
    expect((await world.vault.newest()).number).to.equal(before.number + 1);
    await keeper.pass();
    expect([keeper.inFlight, told("sent").length]).to.deep.equal([2, 2]);
    await passUntil(keeper, "the same bytes are mined", () => keeper.inFlight === 0);
    expect([told("sent").length, told("liquidated").length, told("failed").length]).to.deep.equal([2, 2, 0]);
  });

  it("brings both parts of a position again when a reorg takes them away, and says so", async () => {
    await world.anvil.rpc.request("evm_setAutomine", [false]);
    await world.anvil.mine(2);
    const { keeper } = open(POOR);
    const count = () => world.anvil.rpc.request<string>("eth_getTransactionCount", [wallet(POOR).address, "latest"]);
    await give("300"); // enough for a part
    await passUntil(keeper, "the first part is liquidated", () => told("liquidated").length === 1);
    const given = await give("300");
    await passUntil(keeper, "the second part is liquidated", () => told("liquidated").length === 2);
    expect([debtors("sent"), await count()]).to.deep.equal([[wallet(3).address, wallet(3).address], "0x2"]);
    const first = Math.min(...told("liquidated").map((event) => ("block" in event ? event.block : 0)));
    await world.anvil.reorg((await world.vault.newest()).number - first + 1);
    await world.anvil.rpc.request("eth_sendRawTransaction", [given]); // its block is gone, too
    await eventually("both are told to be taken back", async () => {
      await keeper.pass();
      return told("unconfirmed").length === 2 || undefined;
    });
    expect(await count()).to.equal("0x0");
    await passUntil(keeper, "both are mined again", () => keeper.inFlight === 0);
    expect([told("sent").length, told("failed"), await count()]).to.deep.equal([2, [], "0x2"]);
    expect(hashes("liquidated").slice(2).sort()).to.deep.equal(hashes("sent").sort());
    expect(await metrics("repaid_cast_total", "in_flight_liquidations"), "each part once").to.deep.equal([600, 0]);
  });

  it("tells once of a liquidation that somebody else was quicker with", async () => {
    await world.anvil.rpc.request("evm_setAutomine", [false]);
    const { keeper } = open();
    await keeper.pass();
    const { to, data } = liquidation(world.vault, world.contracts.WETH.address, wallet(3).address, parseEther("1000"));
    await send(4, to, data); // pays more for its place in the block
    await passUntil(keeper, "both have an end", () => keeper.inFlight === 0);
    await keeper.pass();
    const [failed, ...more] = told("failed");
    expect([failed && "account" in failed && failed.account, more, debtors("liquidated")]).to.deep.equal([
      wallet(3).address,
      [],
      [wallet(5).address],
    ]);
    expect(failed).to.have.property("error").that.is.instanceOf(ContractRefused).with.property("reason", "PositionHealthy");
    const { text } = await telemetry.scrape();
    expect(text).to.contain('mintd_cast_keeper_errors_total{kind="failed",code="CONTRACT_REFUSED",reason="PositionHealthy"} 1');
    expect(text, "no account, no hash").to.not.match(/0x[0-9a-f]{6}/i);
  });

  it("goes on with the others where one receipt cannot be read", async () => {
    await mint(await world.move(KEEPER), parseEther("4000")); // for all of them
    await world.closeAccounts();
    await world.anvil.rpc.request("evm_setAutomine", [false]);
    const unreadable = new Unreadable(world.anvil.rpc);
    const troubles: AccountNews[] = [];
    const onNews = (news: AccountNews): void => {
      if (news.kind === "notice" && news.notice.kind === "trouble") troubles.push(news);
    };
    const account = world.newAccount(KEEPER, { onNews }, unreadable);
    try {
      const keeper = new Keeper(new VaultKeeper(world.vault, account, 0), { onEvent });
      await keeper.pass();
      const [first, second] = hashes("sent");
      unreadable.hash = first;
      await passUntil(keeper, "the second one is told of", () => told("liquidated").length === 1);
      await eventually("the trouble is told", () => troubles[0]);
      expect([hashes("liquidated"), keeper.inFlight]).to.deep.equal([[second], 1]);
      await world.anvil.mineWhile(world.setPrice(1_400n), 1);
      await passUntil(keeper, "a third position is sent for", () => told("sent").length === 3);
      expect(debtors("sent")[2]).to.equal(wallet(4).address);
      unreadable.hash = undefined;
      await passUntil(keeper, "the first one is told of", () => told("liquidated").length === 3);
    } finally {
      await account.close();
    }
  });

  it("finds a position on the chain that a reorg brought, and asks none that it took away", async () => {
    const { keeper } = open();
    const snapshot = await world.anvil.rpc.request<string>("evm_snapshot", []);
    await world.setPrice(2_000n);
    await position(6, "1", "1300");
    await keeper.pass();
    expect(told("sent")).to.have.length(0);
    await world.anvil.rpc.request("evm_revert", [snapshot]);
    await world.setPrice(2_000n);
    await position(7, "1", "1320");
    await world.setPrice(1_850n);
    await keeper.pass();
    expect(debtors("sent")).to.deep.equal([wallet(3).address, wallet(7).address].sort((a) => (a === wallet(7).address ? -1 : 1)));
  });

  it("follows the blocks until it is told to end", async () => {
    await world.setPrice(2_000n);
    const { keeper, chain } = open();
    const over = new AbortController();
    const following = follow(keeper, chain, { signal: over.signal, pause, onEvent });
    await eventually("a block was looked at", () => told("surveyed")[0]);
    expect(told("sent")).to.have.length(0);
    await world.setPrice(1_600n);
    await eventually("both are liquidated", async () => {
      await world.anvil.mine();
      return told("liquidated").length === 2 || undefined;
    });
    over.abort();
    await following;
    expect(told("trouble")).to.deep.equal([]);
  });
});
