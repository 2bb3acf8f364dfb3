import { expect } from "chai";
import fc from "fast-check";
import { createServer, request } from "node:http";
import { once } from "node:events";
import type { AddressInfo } from "node:net";
import { mkdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { RpcRefused, RpcUnanswered } from "../../../src/chain/index.ts";
import { MintdError } from "../../../src/error.ts";
import { type Clock, systemClock } from "../../../src/clock.ts";
import {
  askMetrics,
  catalogue,
  definitions,
  type Family,
  readExposition,
  Telemetry,
  type TelemetryOptions,
} from "../../../src/telemetry/index.ts";
import { openSqliteStore } from "../../../src/store/index.ts";
import { eventually } from "../../eventually.ts";
import { collect, failure } from "../store/expectations.ts";
import { openBook, StoreFolder } from "../order/books.ts";
import { authorised, hashOf, idOf, inclusionIn, requestFor } from "../order/orders.ts";
import { valueOf } from "./scraped.ts";

const open = (options: Partial<TelemetryOptions> = {}) => new Telemetry({ clock: systemClock, level: "silent", ...options });
const scrape = async (telemetry: Telemetry): Promise<Family[]> => readExposition((await telemetry.scrape()).text);

describe("Telemetry", function () {
  this.timeout(90_000);
  let folder: StoreFolder;

  beforeEach(async () => (folder = await StoreFolder.make()));
  afterEach(() => folder.remove());

  it("shows each metric of the catalogue, with its type and meaning, and no other", async () => {
    await using telemetry = open();
    const shown = (await scrape(telemetry)).map(({ name, type, help }) => ({ name, type, help }));
    const told = Object.values(catalogue).map(({ name, type, meaning: help }) => ({ name, type, help }));
    expect(shown).to.have.deep.members(told);
  });

  it("names units in the names, and mintd in those that are its own", () => {
    for (const { name, type } of definitions) {
      expect(name).to.match(/^(mintd_[a-z_]+|state_transition_latency_ms|process_[a-z_]+|nodejs_[a-z_]+)$/);
      expect(name.endsWith("_total"), name).to.equal(type === "counter");
    }
  });

  describe("of transitions", () => {
    it("counts a clock that is set back, and never a negative time; whatever the clock does, the sums are right", async () => {
      const steps = fc.array(fc.integer({ min: -5_000, max: 5_000 }), { minLength: 4, maxLength: 4 });
      const property = fc.asyncProperty(fc.array(steps, { minLength: 1, maxLength: 4 }), async (runs) => {
        const own = await StoreFolder.make();
        const store = await own.open();
        await using telemetry = open();
        let now = 1_000_000;
        const book = await openBook(store, { now: () => now });
        telemetry.followOrders(book);
        let clamped = 0;
        let sum = 0;
        for (const [n, [a = 0, b = 0, c = 0, d = 0]] of runs.entries()) {
          const orderId = idOf(n);
          await book.request([requestFor(n)]);
          const commands = [
            authorised,
            { kind: "include", inclusion: inclusionIn(50, hashOf(n)) },
            { kind: "deepen", blockHash: idOf(50_000), head: 61 },
            { kind: "deepen", blockHash: idOf(50_000), head: 81 },
          ] as const;
          for (const [i, step] of [a, b, c, d].entries()) {
            now += step;
            sum += Math.max(0, step);
            clamped += Number(step < 0);
            await book.execute([{ orderId, command: commands[i] ?? authorised }]);
          }
        }
        const families = await scrape(telemetry);
        expect(valueOf(families, "mintd_clock_steps_total")).to.equal(clamped);
        const sums = ["authorised", "tentative", "auditable", "final"].map((to) =>
          valueOf(families, "state_transition_latency_ms_sum", { to }),
        );
        expect(sums.reduce((total, each) => total + each, 0)).to.equal(sum);
        await store.close();
        await own.remove();
      });
      await fc.assert(property, { numRuns: 15 });
    });

    it("knows since when an order is in its state across a restart, also by the snapshot of an older mintd", async () => {
      const store = await folder.open();
      let now = 1_000;
      const first = await openBook(store, { now: () => now });
      await first.request([requestFor(1), requestFor(2)]);
      await first.close();
      const name = `orders/open/${"0x5FbDB2315678afecb367f032d93F642f64180aa3".toLowerCase()}`;
      const snapshot = await store.loadSnapshot(name);
      const entries = snapshot?.data as { order: Record<string, unknown> }[];
      for (const { order } of entries) delete order["changedAt"];
      await store.saveSnapshot(name, { position: snapshot?.position ?? 0, data: entries as never });
      const book = await openBook(store, { now: () => now });
      expect([...book.open()].map(({ changedAt }) => changedAt)).to.deep.equal([1_000, 1_000]);
      await using telemetry = open();
      telemetry.followOrders(book);
      now = 9_000;
      await book.execute([{ orderId: idOf(2), command: authorised }]);
      expect(valueOf(await scrape(telemetry), "state_transition_latency_ms_sum", { from: "requested" })).to.equal(8_000);
      await store.close();
    });
  });

  it("records what it is told, by lane in lower case and by host", async () => {
    await using telemetry = open();
    const lane = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
    telemetry.rebroadcast(lane);
    telemetry.rebroadcast(lane.toLowerCase());
    telemetry.nonceGap(lane, 3);
    telemetry.reorg([{ number: 7 }, { number: 6 }]);
    telemetry.reorg([]);
    telemetry.workerReplaced();
    telemetry.rpc("https://user:canary@node.example:8443/v3/canary", "eth_sendRawTransaction", { ms: 12, ok: false });
    telemetry.observeEndpoints(() =>
      Promise.resolve([{ endpoint: "wss://node.example:8443/canary?k=canary", healthy: true, headLag: 2, requests: 7, errors: 1 }]),
    );
    telemetry.observeQueue(() => Promise.resolve({ waiting: 4, dead: 1 }));
    telemetry.observeLanes(() => [{ lane, inFlight: 2, window: 16, nextNonce: 9, balanceWei: 250_000_000_000_000_000n, paused: true }]);
    const families = await scrape(telemetry);
    const of = { lane: lane.toLowerCase() };
    expect(valueOf(families, "mintd_rebroadcasts_total", of)).to.equal(2);
    expect(valueOf(families, "mintd_nonce_gaps_total", of)).to.equal(3);
    expect(valueOf(families, "mintd_reorg_depth_blocks_count")).to.equal(1);
    expect(valueOf(families, "mintd_blocks_orphaned_total")).to.equal(2);
    expect(valueOf(families, "mintd_compensation_workers_replaced_total")).to.equal(1);
    expect(valueOf(families, "mintd_rpc_errors_total", { endpoint: "node.example:8443", method: "broadcast" })).to.equal(1);
    expect(valueOf(families, "mintd_rpc_latency_ms_sum", { endpoint: "node.example:8443" })).to.equal(12);
    expect(valueOf(families, "mintd_rpc_head_lag_blocks", { endpoint: "node.example:8443" })).to.equal(2);
    await scrape(telemetry); // totals that are counted elsewhere do not add up over scrapes
    expect(valueOf(await scrape(telemetry), "mintd_rpc_requests_total", { method: "all" })).to.equal(7);
    expect(valueOf(families, "mintd_compensation_tasks", { state: "dead" })).to.equal(1);
    expect(valueOf(families, "mintd_lane_balance_ether", of)).to.equal(0.25);
    expect([valueOf(families, "mintd_lane_paused", of), valueOf(families, "mintd_lane_balance_low", of)]).to.deep.equal([1, 0]);
    expect(JSON.stringify(families)).to.not.contain("canary");
    telemetry.observeLanes(() => []);
    expect(valueOf(await scrape(telemetry), "mintd_lane_in_flight_attempts")).to.equal(0); // a lane that is gone is not shown
  });

  const doubts: readonly (readonly [unknown, string | undefined])[] = [
    [new RpcUnanswered("eth_call", "h", "nothing within 100 ms"), "timeout"],
    [new RpcUnanswered("eth_call", "h", "ECONNRESET"), "reset"],
    [new RpcUnanswered("eth_call", "h", "ECONNREFUSED"), "unreachable"],
    [new RpcUnanswered("eth_call", "h", "HTTP 429"), "rate-limited"],
    [new RpcUnanswered("eth_call", "h", "HTTP 503"), "http-5xx"],
    [new RpcUnanswered("eth_call", "h", "the answer is not JSON"), "malformed"],
    [new RpcRefused("eth_sendRawTransaction", -32_000, "nonce too low", undefined), "nonce-too-low"],
    [new RpcRefused("eth_sendRawTransaction", -32_000, "replacement transaction underpriced", undefined), "underpriced"],
    [new RpcRefused("eth_sendRawTransaction", -32_000, "something new", undefined), "other"],
    [new TypeError("nothing within 100 ms"), undefined],
  ];
  it("tells kinds of doubt apart, and doubt from what is none", async () => {
    await using telemetry = open();
    for (const [error, reason] of doubts) {
      const before = reason === undefined ? 0 : valueOf(await scrape(telemetry), "mintd_doubts_total", { reason });
      telemetry.trouble(error);
      const after = await scrape(telemetry);
      if (reason !== undefined) expect(valueOf(after, "mintd_doubts_total", { reason })).to.equal(before + 1);
    }
    const after = await scrape(telemetry);
    expect(valueOf(after, "mintd_doubts_total")).to.equal(doubts.length - 1);
    expect(valueOf(after, "mintd_troubles_total", { code: "UNEXPECTED" })).to.equal(1);
  });

  describe("on its port", () => {
    it("serves metrics and liveness, to GET alone, and nothing after it is closed", async () => {
      const telemetry = open({ port: 0 });
      await telemetry.start();
      const url = `http://127.0.0.1:${telemetry.port ?? 0}`;
      const scraped = await fetch(`${url}/metrics`);
      expect(scraped.headers.get("content-type")).to.equal("text/plain; version=0.0.4; charset=utf-8");
      expect(readExposition(await scraped.text())).to.have.length.above(20);
      expect(await (await fetch(`${url}/healthz`)).json()).to.deep.equal({ status: "ok" });
      for (const path of ["/", "/metrics/", "/metric", "/../metrics/x", "/healthz/x"])
        expect((await fetch(url + path)).status, path).to.equal(404);
      for (const method of ["POST", "PUT", "DELETE", "OPTIONS"])
        expect((await fetch(`${url}/metrics`, { method })).status, method).to.equal(404);
      const port = telemetry.port;
      await telemetry.close();
      await failure("TELEMETRY_NOT_RUNNING", askMetrics(port));
    });

    it("listens to this machine alone", async () => {
      await using telemetry = open({ port: 0 });
      await telemetry.start();
      const outside = request({ host: "127.0.0.2", port: telemetry.port, path: "/metrics" });
      outside.end();
      const [error] = (await once(outside, "error")) as [NodeJS.ErrnoException];
      expect(error.code).to.equal("ECONNREFUSED");
    });

    it("is refused with TELEMETRY_PORT_IN_USE where another listens, and can be closed", async () => {
      const other = createServer().listen(0, "127.0.0.1");
      await once(other, "listening");
      const { port } = other.address() as AddressInfo;
      await using telemetry = open({ port });
      const error = await failure("TELEMETRY_PORT_IN_USE", telemetry.start());
      expect(error.message).to.contain(String(port));
      other.close();
    });

    it("is not mistaken for another program's: TELEMETRY_UNREADABLE", async () => {
      let answer = "<html>\n";
      const other = createServer((_, response) => response.writeHead(answer === "" ? 404 : 200).end(answer)).listen(0, "127.0.0.1");
      await once(other, "listening");
      const { port } = other.address() as AddressInfo;
      await failure("TELEMETRY_UNREADABLE", askMetrics(port));
      answer = "";
      await failure("TELEMETRY_UNREADABLE", askMetrics(port));
      other.close();
      await failure("TELEMETRY_NOT_RUNNING", askMetrics(undefined));
    });
  });

  describe("its log", () => {
    const lines = (path: string): Record<string, unknown>[] =>
      readFileSync(path, "utf8")
        .trim()
        .split("\n")
        .map((line) => JSON.parse(line) as Record<string, unknown>);

    it("says how orders end at info and every transition at debug, with their ids, by the clock given", async () => {
      const clock: Clock = { ...systemClock, now: () => 123 };
      for (const level of ["info", "debug"] as const) {
        const logFile = join(folder.root, level, "deep", "mintd.log");
        const telemetry = open({ level, logFile, clock });
        const store = await openSqliteStore({ path: join(folder.root, `${level}.db`) });
        const book = await openBook(store);
        telemetry.followOrders(book);
        await book.request([requestFor(1)]);
        await book.execute([{ orderId: idOf(1), command: { kind: "reject", code: "X", reason: "see https://u:p@h.example/canary" } }]);
        await telemetry.close();
        await store.close();
        const rejected = {
          level: "info",
          time: 123,
          orderId: idOf(1),
          from: "requested",
          to: "rejected",
          ms: 0,
          reason: "see h.example",
          msg: "order rejected",
        };
        const requested = { level: "debug", time: 123, orderId: idOf(1), from: "unknown", to: "requested", ms: 0, msg: "order requested" };
        expect(lines(logFile)).to.deep.equal(level === "info" ? [rejected] : [requested, rejected]);
        expect(statSync(logFile).mode & 0o777).to.equal(0o600);
      }
    });

    it("shows of an error code, message and hint, of its causes code and message, and hides fields that are named for secrets", async () => {
      class Broken extends MintdError {
        readonly code = "BROKEN";
        readonly apiKey = "canary";
      }
      const logFile = join(folder.root, "mintd.log");
      const telemetry = open({ level: "trace", logFile });
      const raw = `0x${"ab".repeat(100)}`;
      const root = Object.assign(new Error(`connect to https://me:canary@h.example/v3/canary?key=canary failed`), {
        code: "ECONNRESET",
        url: "canary",
      });
      telemetry.trouble(new Broken(`sending ${raw}`, { hint: "try again", cause: root }), { lane: "0xab" });
      telemetry.failed(new Error("wss://canary@h.example/canary"));
      telemetry.failed("canary");
      telemetry.log.info(
        { key: "canary", url: "canary", rpc: { url: "canary", authorization: "canary" }, lane: { privateKey: "canary" } },
        "x",
      );
      await telemetry.close();
      const [trouble, ...others] = lines(logFile);
      expect(trouble).to.deep.include({
        level: "warn",
        lane: "0xab",
        code: "BROKEN",
        msg: "sending 0xabababab…",
        hint: "try again",
        cause: { code: "ECONNRESET", message: "connect to h.example failed" },
      });
      expect(others.map(({ msg }) => msg)).to.deep.equal(["h.example", "not an error", "x"]);
      expect(readFileSync(logFile, "utf8")).to.not.contain("canary");
    });

    it("that cannot be opened is an error at once: LOG_FILE_UNWRITABLE", () => {
      const there = join(folder.root, "a-folder");
      mkdirSync(there);
      expect(() => open({ level: "info", logFile: there })).to.throw(MintdError, "EISDIR");
    });

    it("that cannot be written while mintd runs is dropped and counted, and holds up nothing", async () => {
      const telemetry = open({ level: "info", logFile: "/dev/full" });
      telemetry.log.info("a line");
      await untilDropped(telemetry);
      telemetry.log.info("another");
      await telemetry.close();
    });
  });

  it("gives back the store's reads and refusals unchanged", async () => {
    await using telemetry = open();
    const store = await telemetry.observeStore(await folder.open());
    const writes = [{ stream: "x/1", expected: 0, events: [{ kind: "k", data: 1 }] }];
    expect(await store.append(writes)).to.equal(1);
    await failure("VERSION_CONFLICT", store.append(writes));
    expect(await collect(store.readAll(0))).to.have.lengthOf(1);
    expect(await store.versions(["x/1"])).to.deep.equal([1]);
    const families = await scrape(telemetry);
    expect(valueOf(families, "mintd_store_head_position")).to.equal(1);
    expect(valueOf(families, "mintd_store_append_latency_ms_count")).to.equal(1);
    expect(valueOf(families, "mintd_store_append_errors_total")).to.equal(1);
    await store.close();
  });
});

async function untilDropped(telemetry: Telemetry): Promise<void> {
  await eventually("a line is dropped", async () => valueOf(await scrape(telemetry), "mintd_log_lines_dropped_total") || undefined);
}
