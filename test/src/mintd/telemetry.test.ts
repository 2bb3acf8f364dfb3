import { expect } from "chai";
import { createServer } from "node:http";
import { once } from "node:events";
import type { Mintd } from "../../../src/mintd.ts";
import { orderOfStream } from "../../../src/order/index.ts";
import type { StoredEvent } from "../../../src/store/index.ts";
import { askMetrics, type Family } from "../../../src/telemetry/index.ts";
import { eventually } from "../../eventually.ts";
import { freePort } from "../../anvil.ts";
import { failure } from "../store/expectations.ts";
import { valueOf } from "../telemetry/scraped.ts";
import { laneAccount, listOf, minting, type Row, until, World } from "./world.ts";

const levels = new Set(["tentative", "auditable", "final"]);
const lane = { lane: laneAccount.address.toLowerCase() };

/** How often each transition and each state is on record after position `after`. */
function onRecord(events: readonly StoredEvent[], after = 0): { transitions: Map<string, number>; states: Map<string, number> } {
  const transitions = new Map<string, number>();
  const states = new Map<string, number>();
  const last = new Map<string, string>();
  const add = (counts: Map<string, number>, key: string) => counts.set(key, (counts.get(key) ?? 0) + 1);
  for (const { stream, kind, position } of events) {
    const before = last.get(stream);
    if (orderOfStream(stream) === undefined) continue;
    last.set(stream, kind);
    if (position <= after) continue;
    add(states, kind);
    if (before !== undefined) add(transitions, `${levels.has(kind) ? kind : "none"} ${before} ${kind}`);
  }
  return { transitions, states };
}

/** The same of what was scraped. */
function onDisplay(families: readonly Family[]): ReturnType<typeof onRecord> {
  const samples = families.flatMap((family) => family.samples);
  const counted = (name: string, ...labels: readonly string[]) =>
    new Map(
      samples.filter((sample) => sample.name === name).map((sample) => [labels.map((each) => sample.labels[each]).join(" "), sample.value]),
    );
  return {
    transitions: counted("state_transition_latency_ms_count", "level", "from", "to"),
    states: counted("mintd_orders_total", "state"),
  };
}

const ofLane = (events: readonly StoredEvent[], kind: string) =>
  events.filter((event) => event.stream.startsWith("lane/") && event.kind === kind);

describe("mintd's metrics", function () {
  this.timeout(120_000);
  let world: World;
  let port: number;

  beforeEach(async () => (port = await freePort()));
  afterEach(() => world.end());

  const open = (settings: object = {}) =>
    world.open({ settings: { telemetry: { port }, batch: { maxItems: 10, maxWaitMs: 20 }, ...settings } });

  async function toTheEnd(mintd: Mintd, rows: readonly Row[]): Promise<void> {
    await minting(mintd, rows);
    await mintd.minting.idle();
  }

  it("are the ledger's: each transition, attempt and settlement of a list as often as it is on record", async () => {
    world = await World.begin();
    await using mintd = await open();
    await mintd.start();
    await world.anvil.mineWhile(toTheEnd(mintd, listOf(45)));
    const families = await askMetrics(port);
    const events = await world.events();
    expect(onDisplay(families)).to.deep.equal(onRecord(events));
    expect(valueOf(families, "mintd_orders_total", { state: "final" })).to.equal(45);
    const attempted = ofLane(events, "attempted");
    const gas = ofLane(events, "settled").map(({ data }) => (data as { gasUsed: number }).gasUsed);
    expect(attempted.length).to.be.at.least(5);
    expect(valueOf(families, "mintd_attempts_total", lane)).to.equal(attempted.length);
    expect(valueOf(families, "mintd_gas_used_total", lane)).to.equal(gas.reduce((sum, each) => sum + each, 0));
    expect(valueOf(families, "mintd_gas_per_mint_count")).to.equal(gas.length).and.to.equal(attempted.length);
    expect(valueOf(families, "mintd_gas_per_mint_sum") / gas.length).to.be.within(30_000, 200_000);
    expect(valueOf(families, "mintd_replacements_total")).to.equal(0);
    expect(valueOf(families, "mintd_orders_open")).to.equal(0);
    expect(valueOf(families, "mintd_lane_in_flight_attempts", lane)).to.equal(0);
    expect(valueOf(families, "mintd_lane_window_attempts", lane)).to.equal([...mintd.lanes][0]?.window.limit);
    expect(valueOf(families, "mintd_lane_next_nonce", lane)).to.equal([...mintd.lanes][0]?.state.nextNonce);
    expect(valueOf(families, "mintd_store_head_position")).to.equal(events.length);
    expect(valueOf(families, "process_resident_memory_bytes")).to.be.above(10e6);
  });

  it("tell a reorg, and of the orders what they do after it", async () => {
    world = await World.begin();
    await using mintd = await open({ batch: { maxItems: 30, maxWaitMs: 0 } });
    await mintd.start();
    const work = toTheEnd(mintd, listOf(30));
    work.catch(() => undefined); // awaited below
    await until(mintd, "tentative", 30);
    await world.anvil.mine(4);
    const head = Number(await world.anvil.rpc.request<string>("eth_blockNumber", []));
    await eventually("mintd knows the head", () => mintd.confirmations.tip?.number === head || undefined);
    await world.anvil.reorg(5);
    await world.anvil.mineWhile(work);
    const families = await askMetrics(port);
    const record = onRecord(await world.events());
    expect(record.states.get("unconfirmed")).to.equal(30);
    expect(onDisplay(families)).to.deep.equal(record);
    expect(valueOf(families, "mintd_reorg_depth_blocks_count")).to.equal(1);
    expect(valueOf(families, "mintd_blocks_orphaned_total")).to.equal(5);
  });

  it("go on after a restart: the next run's transitions, and settlements of attempts that the former one left", async () => {
    world = await World.begin({ noMining: true });
    const rows = listOf(20);
    const first = await open();
    await first.start();
    minting(first, rows).catch(() => undefined); // it is stopped below
    await until(first, "broadcast", 20);
    await first.stop();
    const before = (await world.events()).length;
    await using mintd = await open();
    await mintd.start();
    await world.anvil.mineWhile(toTheEnd(mintd, rows));
    const families = await askMetrics(port);
    const events = await world.events();
    expect(onDisplay(families)).to.deep.equal(onRecord(events, before));
    expect(valueOf(families, "mintd_attempts_total")).to.equal(0);
    expect(valueOf(families, "mintd_gas_per_mint_count")).to.equal(ofLane(events, "settled").length).and.to.be.above(0);
  });

  it("tell that somebody else uses the lane's key", async () => {
    world = await World.begin();
    await (await open()).stop();
    const { provider } = world;
    const sent = await laneAccount.connect(provider).sendTransaction({ to: laneAccount.address });
    await sent.wait();
    provider.destroy();
    await using mintd = await open();
    await mintd.start();
    const families = await askMetrics(port);
    expect(valueOf(families, "mintd_foreign_transactions_total", lane)).to.equal(1);
    expect(valueOf(families, "mintd_troubles_total", { code: "FOREIGN_TRANSACTION" })).to.equal(1);
  });

  it("stand in nobody's way: on a port that is taken, TELEMETRY_PORT_IN_USE before anything is sent", async () => {
    world = await World.begin();
    const other = createServer().listen(port, "127.0.0.1");
    await once(other, "listening");
    {
      await using mintd = await open();
      const before = await mintd.store.head();
      await failure("TELEMETRY_PORT_IN_USE", mintd.start());
      expect(await mintd.store.head()).to.equal(before);
    }
    other.close();
    await once(other, "close");
    await using again = await open();
    await again.start();
    expect(await askMetrics(port)).to.have.length.above(20);
  });
});
