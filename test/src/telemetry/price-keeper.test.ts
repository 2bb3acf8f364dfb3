import { expect } from "chai";
import { FeedUnreachable } from "../../../src/price/feeds/index.ts";
import type { PriceKeeperEvent } from "../../../src/price/keep/index.ts";
import {
  definitions,
  type Family,
  type KeeperTelemetry,
  type PriceKeeperNews,
  priceKeeperTelemetry,
  readExposition,
} from "../../../src/telemetry/index.ts";
import { KeeperWorld } from "../price/keep/world.ts";
import { valueOf } from "./scraped.ts";

const prefix = "mintd_price_keeper_";
const eth = { asset: "ETH" };

describe("The metrics of a keeper of prices", () => {
  /** This machine's clock, which is not the chain's. */
  let now: number;
  let telemetry: KeeperTelemetry<PriceKeeperNews>;
  let world: KeeperWorld;

  beforeEach(() => {
    now = 5_000_000;
    telemetry = priceKeeperTelemetry({ clock: { now: () => now }, assets: ["ETH", "BTC"] });
    const onEvent = (event: PriceKeeperEvent): void => {
      world.onEvent(event);
      telemetry.hear(event);
    };
    world = new KeeperWorld({ onEvent });
  });
  afterEach(async () => {
    world.over.abort();
    await telemetry.close();
  });

  /** The keeper looks at the newest block, as its task does, and passes. */
  async function pass(): Promise<void> {
    const { number, timestamp } = world.chain.head;
    telemetry.hear({ kind: "block", number, timestamp });
    await world.keeper.settle();
    await world.pass();
  }
  async function next(seconds = 12): Promise<void> {
    world.chain.mine(seconds / 12);
    now += seconds * 1_000;
    await pass();
  }
  const scrape = async (): Promise<Family[]> => readExposition((await telemetry.scrape()).text);
  const read = async (name: string, labels: Readonly<Record<string, string>> = {}): Promise<number> =>
    valueOf(await scrape(), prefix + name, labels);

  it("let the price's age grow by the chain's time, also between blocks and where nothing is agreed on", async () => {
    expect(await read("price_age_seconds", eth)).to.equal(Infinity);
    await pass();
    expect([await read("price_age_seconds", eth), await read("agreed_age_seconds", eth)]).to.deep.equal([Infinity, 0]);
    await next(); // posted, of the block before
    expect(await read("price_age_seconds", eth)).to.equal(12);
    now += 5_000;
    expect(await read("price_age_seconds", eth)).to.equal(17);
    now -= 5_000;
    world.says["ETH"] = [undefined, undefined];
    await next(3_600);
    expect([await read("price_age_seconds", eth), await read("agreed_age_seconds", eth)]).to.deep.equal([3_612, 3_600]);
    expect(await read("price_age_seconds", { asset: "BTC" }), "its heartbeat is over, and it is on its way").to.equal(3_612);
    await next();
    expect(await read("price_age_seconds", { asset: "BTC" })).to.equal(12);
  });

  it("take a price back that a reorg took back, and tell how far the agreed one is away", async () => {
    await pass();
    await next();
    expect(await read("deviation_bps", eth)).to.equal(0);
    world.says["ETH"] = [2_100n, 2_100n];
    await next(120);
    expect([await read("deviation_bps", eth), await read("price_age_seconds", eth)]).to.deep.equal([500, 132]);
    world.says["ETH"] = [undefined, undefined]; // so that its age is known from what was posted alone
    await next();
    expect(await read("price_age_seconds", eth)).to.equal(12);
    world.chain.reorg();
    world.chain.isHolding = true;
    await pass();
    expect([await read("price_age_seconds", eth), await read("in_flight_reports")]).to.deep.equal([144, 1]);
    expect(await read("events_total", { ...eth, kind: "unconfirmed" })).to.equal(1);
  });

  it("take a price back that a pass had read before a reorg took it back, and the one before it as well", async () => {
    await pass();
    await next(); // posted, of the block before, and read
    expect(await read("price_age_seconds", eth)).to.equal(12);
    world.says["ETH"] = [2_100n, 2_100n];
    await next(120);
    await next(); // posted and read
    expect([await read("price_age_seconds", eth), await read("events_total", { ...eth, kind: "left" })]).to.deep.equal([12, 2]);
    world.says["ETH"] = [undefined, undefined];
    world.chain.reorg();
    world.chain.isHolding = true;
    await pass();
    expect(await read("price_age_seconds", eth), "the one before it").to.equal(144);
    world.chain.isHolding = false;
    await next();
    expect(await read("price_age_seconds", eth), "mined again").to.equal(24);
    for (const sent of world.chain.sent) sent.outcome = undefined;
    await world.keeper.settle();
    expect(await read("price_age_seconds", eth), "the first one is final").to.equal(156);
  });

  it("tell what is on its way, and for how long", async () => {
    world.chain.isHolding = true;
    await pass();
    expect([await read("in_flight_reports"), await read("in_flight_age_seconds", eth)]).to.deep.equal([2, 0]);
    await next(120);
    expect([await read("in_flight_reports"), await read("in_flight_age_seconds", eth)]).to.deep.equal([2, 120]);
    expect([await read("block"), await read("block_age_seconds")]).to.deep.equal([1_010, 0]);
    world.chain.isHolding = false;
    await next();
    expect([await read("in_flight_reports"), await read("in_flight_age_seconds", eth)]).to.deep.equal([0, 0]);
    now += 60_000;
    await pass(); // of the same block
    expect([await read("block"), await read("block_age_seconds")]).to.deep.equal([1_011, 60]);
  });

  it("tell which source gives no quote and why, until it does", async () => {
    world.says["ETH"] = [2_000n, undefined];
    await pass();
    const failing = { asset: "ETH", source: "ETH/2", code: "FEED_UNREACHABLE" };
    expect([await read("source_failing"), await read("source_failing", failing)]).to.deep.equal([1, 1]);
    world.says["ETH"] = [2_000n, 2_000n];
    await next();
    expect([await read("source_failing", failing), await read("events_total", { kind: "sources" })]).to.deep.equal([0, 2]);
  });

  it("count events and errors from 0 on, and time proofs by backend", async () => {
    expect((await scrape()).find(({ name }) => name === `${prefix}events_total`)?.samples).to.have.lengthOf(2 * 9 + 1);
    await pass();
    await next();
    expect([await read("proof_seconds_count", { backend: "by hand" }), await read("proof_seconds_sum")]).to.deep.equal([2, 3]);
    world.says["ETH"] = [2_000n, 2_050n];
    world.chain.silent = ["state"];
    await next();
    world.chain.silent = [];
    await next();
    const kinds = ["left", "proving", "sent", "posted", "trouble", "failed"];
    expect(await Promise.all(kinds.map((kind) => read("events_total", { ...eth, kind })))).to.deep.equal([1, 1, 1, 1, 1, 1]);
    expect(await read("errors_total", { ...eth, kind: "trouble", code: "RPC_UNANSWERED" })).to.equal(1);
    expect(await read("errors_total", { ...eth, kind: "failed", code: "DEVIATION_TOO_LARGE" })).to.equal(1);
  });

  it("stop nobody where an event cannot be taken, and count it; and hold nothing but names and codes", async () => {
    telemetry.hear({ kind: "sent", asset: "ETH", hash: "0x1", backend: "native", took: { witnessMs: NaN, provingMs: 1 } });
    telemetry.hear({ kind: "trouble", error: new FeedUnreachable("https://user:canary@node.example/canary", "canary") });
    telemetry.hear({ kind: "failed", asset: "ETH", error: "canary" });
    const { text } = await telemetry.scrape();
    expect(text).to.not.contain("canary");
    const families = readExposition(text);
    const groups = new Set(families.map(({ name: served }) => definitions.find(({ name }) => name === served)?.group));
    expect([...groups], "nothing of the service, which would be 0").to.deep.equal(["priceKeeper", "process"]);
    expect(valueOf(families, "mintd_events_unrecorded_total")).to.equal(1);
    expect(valueOf(families, `${prefix}errors_total`, { code: "FEED_UNREACHABLE" })).to.equal(1);
    expect(valueOf(families, `${prefix}errors_total`, { code: "UNEXPECTED" })).to.equal(1);
    expect(valueOf(families, "process_resident_memory_bytes")).to.be.above(0);
  });
});
