import { expect } from "chai";
import { AccountUnfunded, settled } from "../../../../src/cast/index.ts";
import { ReportRejected } from "../../../../src/price/index.ts";
import { follow } from "../../../../src/price/keep/index.ts";
import { ProverFailed } from "../../../../src/price/prove/index.ts";
import { eventually } from "../../../eventually.ts";
import { BTC, ETH, KeeperWorld } from "./world.ts";

const fresh = ["BTC left", "ETH left"];
const sent = (asset: string): string[] => [`${asset} proving`, `${asset} sent`];

describe("A keeper of prices", function () {
  this.timeout(60_000);
  let world: KeeperWorld;

  /** Both assets are posted and mined. */
  async function begun(): Promise<void> {
    expect(await world.pass()).to.deep.equal([...sent("BTC"), ...sent("ETH")]);
    expect(await world.next()).to.deep.equal(["BTC posted", "BTC left", "ETH posted", "ETH left"]);
  }
  beforeEach(() => {
    world = new KeeperWorld();
  });
  afterEach(() => {
    world.over.abort();
  });

  it("posts the first price, one that deviates and one after a heartbeat, and leaves the others", async () => {
    await begun();
    expect([world.chain.stored(ETH), world.chain.stored(BTC)]).to.deep.equal([2_000n, 90_000n]);
    world.says["ETH"] = [2_009n, 2_009n];
    expect(await world.next()).to.deep.equal(fresh);
    world.says["ETH"] = [2_010n, 2_010n];
    expect(await world.next()).to.deep.equal(["BTC left", ...sent("ETH")]);
    expect(await world.next()).to.deep.equal(["BTC left", "ETH posted", "ETH left"]);
    expect(world.chain.stored(ETH)).to.equal(2_010n);
    expect(await world.next(299)).to.deep.equal([...sent("BTC"), "ETH left"]); // 3,636 s after the one, 3,600 after the other
    expect(world.events.filter(({ kind }) => kind === "proving").map((event) => "because" in event && event.because)).to.deep.equal([
      ...["first", "first", "deviation", "heartbeat"],
    ]);
  });

  it("takes each asset for itself: what one meets costs that one's pass alone, and has its code", async () => {
    const meets: readonly (readonly [code: string, () => void])[] = [
      ["ETH failed QUORUM_NOT_REACHED", () => (world.says["ETH"] = [undefined, undefined])],
      ["ETH failed DEVIATION_TOO_LARGE", () => (world.says["ETH"] = [2_000n, 2_010n])],
      ["ETH failed QUORUM_DOES_NOT_FIT", () => (world.chain.quorums = { [String(ETH.assetId)]: 1n })],
      ["ETH failed NOT_AS_REGISTERED", () => (world.chain.roots = { [String(ETH.assetId)]: 5n })],
    ];
    for (const [code, meet] of meets) {
      world = new KeeperWorld();
      meet();
      expect((await world.pass()).filter((words) => !words.endsWith("sources"))).to.deep.equal([...sent("BTC"), code]);
    }
    const all: readonly (readonly [code: string, (w: KeeperWorld) => void])[] = [
      ["failed PROVER_FAILED", (w) => (w.prover.failure = new ProverFailed("its process ended"))],
      ["failed REPORT_REJECTED", (w) => (w.chain.refusal = new ReportRejected(0x27))],
      ["failed ACCOUNT_UNFUNDED", (w) => (w.chain.refusal = new AccountUnfunded("0x1", "no funds"))],
      ["dropped REPORT_REJECTED", (w) => (w.chain.refusal = new ReportRejected(0x25))],
      ["dropped REPORT_REJECTED", (w) => (w.chain.refusal = new ReportRejected(0x22))],
    ];
    for (const [words, meet] of all) {
      world = new KeeperWorld();
      meet(world);
      expect(await world.pass()).to.deep.equal(["BTC proving", `BTC ${words}`, "ETH proving", `ETH ${words}`]);
      world.prover.failure = world.chain.refusal = undefined;
      expect(await world.next()).to.deep.equal([...sent("BTC"), ...sent("ETH")]); // the next block is another try
    }
  });

  it("waits with no asset for the proof of another", async () => {
    const letGo = world.prover.hold(ETH);
    const slow = world.pass();
    await eventually("the other one is sent", () => world.told().includes("BTC sent") || undefined);
    expect(await world.next()).to.deep.equal(["BTC posted", "BTC left"]); // ETH still proves, and is not proven again
    letGo();
    await slow;
    expect(world.told().filter((words) => words.startsWith("ETH"))).to.deep.equal(sent("ETH"));
    expect(world.prover.asked).to.equal(2);
  });

  it("tells doubt as trouble and repeats the pass, and a proof for the same block is not made twice", async () => {
    for (const call of ["newest", "state", "post"] as const) {
      world = new KeeperWorld();
      world.chain.silent = [call];
      const told = await world.pass();
      expect(told.filter((words) => !words.endsWith("proving"))).to.deep.equal([
        "BTC trouble RPC_UNANSWERED",
        "ETH trouble RPC_UNANSWERED",
      ]);
      world.chain.silent = [];
      world.says["ETH"] = [2_005n, 2_005n];
      expect(await world.pass()).to.deep.equal([...sent("BTC"), ...sent("ETH")]);
      expect(world.prover.asked).to.equal(2);
      const last = world.events.find((event) => event.kind === "sent" && event.asset === "ETH");
      expect(last).to.include({ price: call === "post" ? 2_000n : 2_005n });
      // What was proven first for this block is what is brought, never its proof with another price.
      expect(world.chain.sent.find(({ report }) => report.assetId === ETH.assetId)?.report.price).to.equal(
        call === "post" ? 2_000n : 2_005n,
      );
    }
  });

  it("never sends for an asset while its report is on its way, nor twice for one block", async () => {
    world.chain.isHolding = true;
    await world.pass();
    world.says["ETH"] = [3_000n, 3_000n];
    for (let block = 0; block < 3; block++) expect(await world.next()).to.deep.equal([]);
    world.chain.isHolding = false;
    expect(await world.next()).to.deep.equal(["BTC posted", "BTC left", "ETH posted", "ETH proving", "ETH sent"]);
    expect(world.keeper.inFlight).to.equal(1);
    const report = world.chain.sent[2];
    if (report) report.outcome = { block: world.chain.head.number, error: new ReportRejected(0x27) }; // mined at once, and reverted
    await world.keeper.settle();
    expect(await world.pass()).to.deep.equal(["BTC left"]); // for the same block nothing is sent again
    expect((await world.next()).slice(1)).to.deep.equal(sent("ETH"));
  });

  it("is not misled by a node that lags behind, nor by a block that is taken back", async () => {
    await begun();
    world.says["ETH"] = [2_100n, 2_100n];
    const atFirst = world.chain.head;
    world.chain.isHolding = true;
    await world.next();
    await world.next();
    const before = world.chain.head;
    world.chain.isHolding = false;
    await world.next(); // posted in this block
    const { head } = world.chain;
    for (const lagging of [atFirst, before]) {
      world.chain.head = lagging;
      expect((await world.pass()).filter((words) => words.startsWith("ETH"))).to.deep.equal([]);
    }
    world.chain.head = head;
    world.chain.reorg();
    world.chain.isHolding = true;
    const from = world.events.length;
    await world.keeper.settle();
    expect(world.keeper.inFlight).to.equal(1);
    expect(await world.pass()).to.deep.equal(["BTC left"]);
    world.chain.isHolding = false;
    await world.next();
    expect(world.told(from)).to.deep.equal(["BTC left", "BTC left", "ETH unconfirmed", "ETH posted", "ETH left"]);
    expect(world.chain.sent).to.have.lengthOf(3);
  });

  it("goes on with the others where nothing can be read of one, and keeps that one's asset busy", async () => {
    await world.pass();
    const bitcoin = world.chain.sent.find(({ report }) => report.assetId === BTC.assetId);
    world.chain.unreadable = [bitcoin?.hash ?? ""];
    world.says["ETH"] = [2_100n, 2_100n];
    expect(await world.next()).to.deep.equal(["BTC trouble RPC_UNANSWERED", "ETH posted", ...sent("ETH")]);
    world.chain.unreadable = [];
    expect(await world.next()).to.deep.equal(["BTC posted", "BTC left", "ETH posted", "ETH left"]);
  });

  it("drops a report that became too old before it was mined, and proves the price anew", async () => {
    for (const [blocks, delay] of [
      [30, 300n],
      [301, 65_535n],
    ] as const) {
      world = new KeeperWorld();
      world.chain.terms = { ...world.chain.terms, maxDelaySeconds: delay };
      world.chain.isHolding = true;
      await world.pass();
      world.chain.mine(blocks);
      world.chain.isHolding = false;
      const told = await world.next();
      expect(told).to.deep.equal([...["BTC dropped REPORT_REJECTED", ...sent("BTC")], ...["ETH dropped REPORT_REJECTED", ...sent("ETH")]]);
      expect(await world.next()).to.deep.equal(["BTC posted", "BTC left", "ETH posted", "ETH left"]);
    }
  });

  it("waits for a block that is not before the newest quote", async () => {
    world.ahead = 13;
    const passing = world.pass();
    const waits = async (): Promise<void> => {
      const before = world.chain.asked;
      await eventually("it asks for the newest block, and again", () => world.chain.asked > before + 4 || undefined);
      expect(world.chain.sent).to.deep.equal([]);
    };
    await waits();
    world.chain.mine();
    await waits();
    world.chain.mine();
    await passing;
    expect(world.chain.sent.map(({ report }) => report.blockNumber)).to.deep.equal([1_002, 1_002]);
  });

  it("tells which sources fail when that changes, and keeps their health", async () => {
    world.says["ETH"] = [2_000n, undefined];
    expect(await world.pass()).to.deep.equal([...sent("BTC"), "ETH sources", ...sent("ETH")]);
    expect(await world.next()).to.deep.equal(["BTC posted", "BTC left", "ETH posted", "ETH left"]);
    const of = (source: string) => world.health.report().find((state) => state.source === source);
    expect(of("ETH/2")).to.deep.include({ failuresInARow: 2, lastSuccessAtMs: undefined });
    expect(of("ETH/2")?.lastFailure?.code).to.equal("FEED_UNREACHABLE");
    world.says["ETH"] = [2_000n, 2_000n];
    expect(await world.next()).to.deep.equal(["BTC left", "ETH sources", "ETH left"]);
    expect(world.events.filter(({ kind }) => kind === "sources").map((event) => "failed" in event && event.failed.length)).to.deep.equal([
      1, 0,
    ]);
    expect(of("ETH/2")?.failuresInARow).to.equal(0);
  });

  it("leaves a price whose quotes are still the newest, and says so where they would have to be newer", async () => {
    world.signedAt = Number(world.chain.head.timestamp) - 5;
    expect(await world.pass()).to.deep.equal([...sent("BTC"), ...sent("ETH")]);
    expect(await world.next()).to.deep.equal(["BTC posted", "BTC left", "ETH posted", "ETH left"]);
    world.says["ETH"] = [2_100n, 2_100n];
    expect(await world.next()).to.deep.equal(["BTC left", "ETH failed QUORUM_NOT_REACHED"]);
    world.signedAt++;
    expect(await world.next()).to.deep.equal(["BTC left", ...sent("ETH")]);
    expect(await world.next()).to.deep.equal(["BTC left", "ETH posted", "ETH left"]);
  });

  it("gives up proofs when it is told to end, sends nothing more, and waits for what is on its way", async () => {
    world.prover.hold(ETH);
    world.chain.isHolding = true;
    const { signal } = world.over;
    const following = follow(world.keeper, world.chain, { signal, pause: world.pause, onEvent: world.onEvent });
    await eventually(
      "one is sent, and the other proves",
      () => (world.told().includes("BTC sent") && world.prover.asked === 2) || undefined,
    );
    world.over.abort();
    await following;
    expect([world.prover.givenUp, world.chain.sent.length, world.keeper.inFlight]).to.deep.equal([1, 1, 1]);
    expect(world.told()).to.deep.equal([...sent("BTC"), "ETH proving"]);
    world.chain.isHolding = false;
    const waiting = settled(world.keeper, {
      signal: new AbortController().signal,
      pause: () => {
        world.chain.mine();
        return world.pause();
      },
      onEvent: world.onEvent,
    });
    await waiting;
    expect(world.told()).to.deep.equal([...sent("BTC"), "BTC posted", "ETH proving"]);
  });

  it("says how many reports are being handed over, which is waited for when it is told to end", async () => {
    const letGo = Promise.withResolvers<undefined>();
    world.chain.posting = letGo.promise;
    const passing = world.pass();
    await eventually("both are proven", () => world.keeper.handingOver === 2 || undefined);
    world.over.abort();
    expect(world.keeper.inFlight).to.equal(0);
    letGo.resolve(undefined);
    await passing;
    expect([world.keeper.handingOver, world.keeper.inFlight]).to.deep.equal([0, 2]);
  });

  it("follows the blocks, through doubt, until it is told to end", async () => {
    const { signal } = world.over;
    const following = follow(world.keeper, world.chain, { signal, pause: world.pause, onEvent: world.onEvent });
    await eventually("both are sent", () => world.chain.sent.length === 2 || undefined);
    world.chain.silent = ["newest"];
    await eventually("doubt is told", () => world.told().includes(" trouble RPC_UNANSWERED") || undefined);
    world.chain.silent = [];
    world.chain.mine();
    await eventually("both are left", () => fresh.every((words) => world.told().includes(words)) || undefined);
    world.over.abort();
    await following;
    expect(world.chain.sent).to.have.lengthOf(2);
  });

  it("remembers no more after many passes than after a few", async () => {
    world = new KeeperWorld({
      freshness: { deviationBps: 50, heartbeatSeconds: 1 }, // so that every block wants a report
      enclave: {
        aggregate: (request) => {
          const packed = BigInt(request.block.number) + (BigInt(request.timestamp) << 78n) + (7n << 118n) + (request.assetId << 182n);
          const aggregation = { price: 7n, publicInputs: { packed }, inputs: { packed }, refused: [] };
          return Promise.resolve({ aggregation: aggregation as never, attestation: { kind: "none", statement: "" } });
        },
      },
      collect: () => Promise.resolve({ quotes: [], failed: [] }),
    });
    const remembered: number[] = [];
    for (let block = 0; block < 400; block++) {
      await world.next();
      remembered.push(world.keeper.remembered);
    }
    expect(world.chain.sent.length).to.be.above(300);
    expect(Math.max(...remembered)).to.be.at.most(2 * 5);
    expect(world.chain.forgotten).to.have.lengthOf(world.chain.sent.length - world.keeper.remembered);
    expect(world.proofs.size).to.be.at.most(64);
    expect(world.chain.stored(BTC)).to.equal(7n);
  });
});
