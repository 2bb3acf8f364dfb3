import { expect } from "chai";
import fc from "fast-check";
import {
  Breaker,
  ConflictPath,
  type ConflictPathOptions,
  decide,
  type DeferredWork,
  deferredWork,
  evolve,
  IllegalTransition,
  type Told,
  toldOf,
  userOf,
} from "../../../src/order/index.ts";
import { checkRoute, type Route, routeOf, RoutingDrift, shardOf, type ShardMap } from "../../../src/nonce/index.ts";
import { VersionConflict } from "../../../src/store/index.ts";
import { seed } from "../store/seed.ts";
import { carrierOf, idOf, orderId, requestFor } from "./orders.ts";

const conflict = () => new VersionConflict("order/1", 1, 2);
const told: readonly Told[] = [{ orderId: idOf(1), command: { kind: "compensate", reason: "again" } }];

/** A path whose pauses are recorded and take as long as the hand clock says. */
function pathWith(more: Partial<ConflictPathOptions> = {}) {
  const seen = { now: 1_000, pauses: [] as number[], deferred: [] as DeferredWork[], reloads: 0 };
  const path = new ConflictPath({
    isConflict: (error) => error instanceof VersionConflict,
    pause: (ms) => {
      seen.pauses.push(ms);
      return Promise.resolve();
    },
    random: () => 1 - Number.EPSILON,
    now: () => seen.now,
    defer: (work) => Promise.resolve(`task-${seen.deferred.push(work)}`),
    ...more,
  });
  const reload = () => {
    seen.reloads++;
    return Promise.resolve();
  };
  /** Work that fails by conflict so many times, then succeeds. */
  const failing = (times: number, error: () => Error = conflict) => {
    let attempts = 0;
    return {
      work: () => (attempts++ < times ? Promise.reject(error()) : Promise.resolve("written")),
      attempts: () => attempts,
    };
  };
  return { path, seen, reload, failing };
}

async function thrown(work: Promise<unknown>): Promise<unknown> {
  try {
    await work;
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}

describe("The conflict path", () => {
  it("gives what the work gives, and touches nothing else", async () => {
    const { path, seen, reload, failing } = pathWith();
    expect(await path.run(failing(0).work, reload, { told })).to.deep.equal({ outcome: "done", value: "written" });
    expect(seen).to.deep.include({ pauses: [], deferred: [], reloads: 0 });
  });

  it("tries a conflict again on the reloaded state, at most three times, each pause up to half as long again", async () => {
    for (const times of [1, 2, 3]) {
      const { path, seen, reload, failing } = pathWith();
      const { work, attempts } = failing(times);
      expect(await path.run(work, reload, { told })).to.deep.equal({ outcome: "done", value: "written" });
      expect(attempts()).to.equal(times + 1);
      expect(seen.reloads).to.equal(times);
      expect(seen.pauses.map(Math.round)).to.deep.equal([10, 15, 22].slice(0, times));
    }
  });

  it("has full jitter: a pause may be anything down to nothing", async () => {
    const draws = [0, 0.5, 0.25];
    const { path, seen, reload, failing } = pathWith({ random: () => draws.shift() ?? 0 });
    await path.run(failing(3).work, reload, { told });
    expect(seen.pauses).to.deep.equal([0, 7.5, 5.625]);
  });

  it("defers when the retries are spent, as data, and says so", async () => {
    const { path, seen, reload, failing } = pathWith();
    const { work, attempts } = failing(99);
    expect(await path.run(work, reload, { told })).to.deep.equal({ outcome: "deferred", taskId: "task-1" });
    expect(attempts()).to.equal(4);
    expect(seen.pauses).to.have.length(3);
    expect(seen.deferred).to.deep.equal([{ kind: "order/execute", id: idOf(1), payload: { told }, streams: [`order/${idOf(1)}`] }]);
  });

  it("throws the conflict where the work cannot be put off, also while the breaker is open", async () => {
    const { path, seen, reload, failing } = pathWith();
    for (let i = 0; i < 3; i++) {
      const { work, attempts } = failing(99);
      expect(await thrown(path.run(work, reload))).to.be.instanceOf(VersionConflict);
      expect(attempts()).to.equal(4);
    }
    expect(path.breaker).to.equal("open");
    expect(await path.run(failing(1).work, reload)).to.deep.equal({ outcome: "done", value: "written" });
    expect(seen.deferred).to.deep.equal([]);
  });

  it("lets other errors through at once and as they are, from work, reload and defer", async () => {
    const errors = [new IllegalTransition("1", "final", "failed"), new Error("the disk is on fire")];
    for (const error of errors) {
      const { path, seen, reload, failing } = pathWith();
      const { work, attempts } = failing(99, () => error);
      for (let i = 0; i < 20; i++) expect(await thrown(path.run(work, reload, { told }))).to.equal(error);
      expect(attempts()).to.equal(20);
      expect(seen).to.deep.include({ pauses: [], deferred: [], reloads: 0 });
      expect(path.breaker).to.equal("closed");
      expect(await thrown(path.run(failing(1).work, () => Promise.reject(error), { told }))).to.equal(error);
    }
    const full = new Error("the queue is full");
    const { path, reload, failing } = pathWith({ defer: () => Promise.reject(full) });
    expect(await thrown(path.run(failing(99).work, reload, { told }))).to.equal(full);
  });

  it("opens at the eighth failure in a row, in the middle of a run too, and defers without trying", async () => {
    const { path, seen, reload, failing } = pathWith();
    const { work, attempts } = failing(99);
    await path.run(failing(3).work, reload, { told }); // a success ends the row
    await path.run(work, reload, { told });
    expect(path.breaker).to.equal("closed");
    await path.run(failing(2, conflict).work, reload); // 4 + 2, then a success: the row begins anew
    await path.run(work, reload, { told });
    await path.run(work, reload, { told });
    expect(attempts()).to.equal(12);
    expect(path.breaker).to.equal("open");
    expect(await path.run(work, reload, { told })).to.deep.include({ outcome: "deferred" });
    expect(attempts()).to.equal(12);
    const another = pathWith({ breaker: { failures: 6 } });
    const middle = another.failing(99);
    await another.path.run(middle.work, another.reload, { told });
    another.seen.pauses.length = 0;
    await another.path.run(middle.work, another.reload, { told });
    expect(middle.attempts()).to.equal(6);
    expect(another.seen.pauses, "no pause once it is open").to.have.length(1);
    expect(seen.deferred).to.have.length(4);
  });

  it("after a while lets one attempt through, which closes it or opens it again", async () => {
    const { path, seen, reload, failing } = pathWith();
    const { work, attempts } = failing(9);
    await path.run(work, reload, { told });
    await path.run(work, reload, { told });
    seen.now += 4_999;
    expect(path.breaker).to.equal("open");
    seen.now += 1;
    expect(path.breaker).to.equal("half-open");
    expect(await path.run(work, reload, { told })).to.deep.include({ outcome: "deferred" });
    expect(attempts(), "one attempt, no retries").to.equal(9);
    expect(path.breaker).to.equal("open");
    seen.now += 5_000;
    const gate = Promise.withResolvers<string>();
    const trying = path.run(() => gate.promise, reload, { told });
    expect(await path.run(work, reload, { told }), "another meanwhile").to.deep.include({ outcome: "deferred" });
    expect(attempts()).to.equal(9);
    gate.resolve("written");
    expect(await trying).to.deep.equal({ outcome: "done", value: "written" });
    expect(path.breaker).to.equal("closed");
  });

  it("stays half-open after an attempt that says nothing of conflicts", async () => {
    const { path, seen, reload, failing } = pathWith();
    await path.run(failing(99).work, reload, { told });
    await path.run(failing(99).work, reload, { told });
    seen.now += 5_000;
    await thrown(path.run(() => Promise.reject(new Error("other")), reload, { told }));
    expect(path.breaker).to.equal("half-open");
    expect(await path.run(failing(0).work, reload, { told })).to.deep.include({ outcome: "done" });
    expect(path.breaker).to.equal("closed");
  });

  describe("with routes", () => {
    const user = userOf(requestFor(1));
    const maps: readonly ShardMap[] = [
      { version: 1, shards: 4 },
      { version: 2, shards: 64 },
      { version: 3, shards: 64 },
    ];

    it("runs work whose route is true, and tells it the route", async () => {
      const { path, reload } = pathWith({ shardMap: () => maps[1] ?? { version: 0, shards: 1 } });
      const route = routeOf(user, { version: 2, shards: 64 });
      expect(route).to.deep.equal({ user, shard: shardOf(user, 64), mapVersion: 2 });
      expect(await path.run((given) => Promise.resolve(given), reload, { told, route })).to.deep.equal({ outcome: "done", value: route });
    });

    it("never runs work by another map, and routes it again by the present one", async () => {
      let map = maps[1] ?? { version: 0, shards: 1 };
      const { path, seen, reload } = pathWith({ shardMap: () => map });
      const ran: (Route | undefined)[] = [];
      const rerouted: Route[] = [];
      const outcome = await path.run(
        (given) => {
          ran.push(given);
          return Promise.resolve(1);
        },
        reload,
        {
          told,
          route: routeOf(user, { version: 1, shards: 4 }),
          reroute(route) {
            rerouted.push(route);
            if (rerouted.length === 1) map = maps[2] ?? map; // it changes again before the next attempt
          },
        },
      );
      expect(outcome).to.deep.equal({ outcome: "done", value: 1 });
      expect(rerouted).to.deep.equal([routeOf(user, { version: 2, shards: 64 }), routeOf(user, { version: 3, shards: 64 })]);
      expect(ran).to.deep.equal(rerouted.slice(1));
      expect(seen.pauses).to.have.length(2);
    });

    it("gives up on a map that never rests: deferred, or ROUTING_DRIFT where that cannot be", async () => {
      let version = 1;
      const { path, seen, reload, failing } = pathWith({ shardMap: () => ({ version: version++, shards: 4 }) });
      const { work, attempts } = failing(0);
      const route = { user, shard: 0, mapVersion: 0 };
      expect(await path.run(work, reload, { told, route })).to.deep.include({ outcome: "deferred" });
      const error = await thrown(path.run(work, reload, { route }));
      expect(error).to.be.instanceOf(RoutingDrift).and.to.include({ code: "ROUTING_DRIFT" });
      expect(attempts()).to.equal(0);
      expect(path.breaker, "eight drifts in a row").to.equal("open");
      expect(seen.deferred).to.have.length(1);
    });

    it("refuses a wrong shard and a wrong version alike", () => {
      const map = { version: 2, shards: 64 };
      const route = routeOf(user, map);
      checkRoute(route, map);
      expect(() => { checkRoute({ ...route, shard: route.shard ^ 1 }, map); }).to.throw(RoutingDrift); // prettier-ignore
      expect(() => { checkRoute({ ...route, mapVersion: 1 }, map); }).to.throw(RoutingDrift); // prettier-ignore
      expect(() => { checkRoute({ ...route, user: `${route.user}x` }, { ...map, shards: 65_536 }); }).to.throw(RoutingDrift); // prettier-ignore
    });

    it("know a user by tenant and receiver, however the address is spelt", () => {
      const request = requestFor(1);
      expect(userOf(request)).to.equal(`${request.tenant}/${request.to.toLowerCase()}`);
      expect(userOf({ ...request, to: request.to.toUpperCase() })).to.equal(userOf(request));
      expect(userOf({ ...request, tenant: "other" })).to.not.equal(userOf(request));
    });
  });

  it("defers every command as data that comes back as it was", () => {
    const all: readonly Told[] = [
      ...told,
      { orderId: idOf(2), command: { kind: "assign", carrier: carrierOf(3) } },
      { orderId: idOf(2), command: { kind: "unconfirm", reason: "reorg" } },
    ];
    const work = deferredWork(all);
    expect(work).to.include({ id: `${idOf(1)}+1` });
    expect(work.streams).to.deep.equal([`order/${idOf(1)}`, `order/${idOf(2)}`]);
    expect(toldOf(JSON.parse(JSON.stringify(work.payload)) as typeof work.payload)).to.deep.equal(all);
    const withHole = { kind: "unconfirm", reason: "reorg", blockHash: undefined } as unknown as Told["command"];
    expect(toldOf(deferredWork([{ orderId, command: withHole }]).payload)).to.deep.equal([
      { orderId, command: { kind: "unconfirm", reason: "reorg" } },
    ]);
    // Told late, it is decided on what the order is by then.
    const order = evolve(undefined, { kind: "requested", data: requestFor(1) }, orderId, 0);
    expect(() => decide(all[1]?.command ?? { kind: "compensate", reason: "" }, order, orderId)).to.throw(IllegalTransition);
  });
});

describe("The breaker", () => {
  /** Failures at these moments. */
  const after = (...times: readonly number[]) => {
    let now = 0;
    const breaker = new Breaker({ now: () => now });
    for (const time of times) {
      now = time;
      breaker.enter()?.failed();
    }
    return breaker.state;
  };
  const every = (ms: number, count: number) => Array.from({ length: count }, (_, i) => 1 + i * ms);

  it("opens at 8 failures within 5 s, not at 7, and not at 8 over more than 5 s", () => {
    expect(after(...every(1, 7))).to.equal("closed");
    expect(after(...every(1, 8))).to.equal("open");
    expect(after(...every(714, 8)), "4,998 ms").to.equal("open");
    expect(after(0, ...every(500, 6), 5_000), "5,000 ms").to.equal("open");
    expect(after(0, ...every(500, 6), 5_001), "5,001 ms").to.equal("closed");
    expect(after(...every(715, 20)), "always seven within 5 s").to.equal("closed");
    expect(after(0, ...every(500, 6), 5_001, 5_001), "the last eight are within 5 s").to.equal("open");
  });

  it("does, in any sequence, what the plainest model does", () => {
    const step = fc.record({
      gap: fc.oneof(fc.nat({ max: 3 }), fc.nat({ max: 700 }), fc.nat({ max: 6_000 })),
      ends: fc.oneof(
        { weight: 12, arbitrary: fc.constant("failed" as const) },
        { weight: 1, arbitrary: fc.constant("succeeded" as const) },
        { weight: 2, arbitrary: fc.constant("neither" as const) },
      ),
    });
    let opened = 0;
    fc.assert(
      fc.property(fc.array(step, { maxLength: 80, size: "max" }), (steps) => {
        let now = 0;
        const breaker = new Breaker({ now: () => now });
        // The model keeps everything that ever happened and looks at it anew each time.
        let row: number[] = [];
        let openedAt: number | undefined;
        for (const { gap, ends } of steps) {
          now += gap;
          const half = openedAt !== undefined && now - openedAt >= 5_000;
          const open = openedAt !== undefined && !half;
          expect(breaker.state).to.equal(open ? "open" : half ? "half-open" : "closed");
          const pass = breaker.enter();
          expect(pass === undefined).to.equal(open);
          if (half) expect(breaker.enter(), "one at a time").to.equal(undefined);
          pass?.[ends]();
          if (open || ends === "neither") continue;
          if (ends === "succeeded") [row, openedAt] = [[], undefined];
          else if (half) openedAt = now;
          else {
            row.push(now);
            const eighth = row.at(-8);
            if (eighth !== undefined && now - eighth <= 5_000) [row, openedAt] = [[], now];
            if (openedAt === now) opened++;
          }
        }
      }),
      { seed, numRuns: 500 },
    );
    expect(opened, "the sequences must open it, or nothing was tested").to.be.above(100);
  });

  it("does not count what began before it opened and ended after", () => {
    let now = 0;
    const breaker = new Breaker({ now: () => now });
    const passes = Array.from({ length: 20 }, () => breaker.enter());
    passes.slice(0, 8).forEach((pass) => pass?.failed());
    expect(breaker.state).to.equal("open");
    passes.slice(8, 12).forEach((pass) => pass?.succeeded());
    expect(breaker.state, "an old success does not close it").to.equal("open");
    now = 4_999;
    passes.slice(12).forEach((pass) => pass?.failed());
    now = 5_000;
    expect(breaker.state, "an old failure does not keep it open").to.equal("half-open");
    breaker.enter()?.succeeded();
    expect(breaker.state).to.equal("closed");
  });
});
