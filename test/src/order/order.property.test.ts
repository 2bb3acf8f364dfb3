import { expect } from "chai";
import fc from "fast-check";
import {
  allows,
  cancelled,
  decide,
  evolve,
  IllegalTransition,
  isClosed,
  type Order,
  type OrderCommand,
  type OrderEvent,
  type OrderStateKind,
  transitions,
  VoucherNumberChanged,
} from "../../../src/order/index.ts";
import { carrierOf, hashOf, idOf, inclusionIn, orderId, requestFor } from "./orders.ts";

const kindsOfEvents = Object.keys(transitions).filter((kind): kind is OrderStateKind => kind !== "unknown");

/** An order in a state, with all that an order may carry there. */
function orderIn(kind: OrderStateKind): Order {
  const minted = kind === "tentative" || kind === "auditable" || kind === "final";
  return {
    request: requestFor(1),
    kind,
    version: 5,
    requestedAt: 0,
    changedAt: 0,
    voucher: { number: "7", second: 100 },
    carrier: carrierOf(3),
    ...(minted ? { inclusion: inclusionIn(50, hashOf(3)) } : {}),
  };
}

/** The command that leads to an event of this kind wherever the table allows it; for levels, depth is enough. */
const commandFor: Record<Exclude<OrderStateKind, "auditable" | "final">, OrderCommand> = {
  requested: { kind: "request", request: requestFor(1) },
  authorised: { kind: "authorise", voucher: { number: "7", second: 200 } },
  assigned: { kind: "assign", carrier: carrierOf(4) },
  broadcast: { kind: "broadcast", carrier: { ...carrierOf(3), hash: idOf(44) } },
  tentative: { kind: "include", inclusion: inclusionIn(50, hashOf(3)) },
  unconfirmed: { kind: "unconfirm", reason: "reorg" },
  rejected: { kind: "reject", code: "X", reason: "x", finalSecond: 401 },
  failed: { kind: "fail", carrier: carrierOf(3), reason: "reverted" },
  compensating: { kind: "compensate", reason: "again" },
};

const small = fc.integer({ min: 0, max: 3 });
const command: fc.Arbitrary<OrderCommand> = fc.oneof(
  fc.constant<OrderCommand>({ kind: "request", request: requestFor(1) }),
  fc.record({
    kind: fc.constant("authorise" as const),
    voucher: fc.record({ number: fc.constantFrom("7", "7", "7", "8"), second: small }),
  }),
  fc.record({ kind: fc.constant("assign" as const), carrier: small.map(carrierOf) }),
  fc.record({ kind: fc.constant("broadcast" as const), carrier: small.map(carrierOf) }),
  fc.record({
    kind: fc.constant("include" as const),
    inclusion: fc.tuple(small, small, small).map(([b, n, f]) => inclusionIn(b, hashOf(n), f)),
  }),
  fc.record({
    kind: fc.constant("deepen" as const),
    blockHash: fc.tuple(small, small).map(([b, f]) => idOf(b * 1_000 + f)),
    head: fc.integer({ min: 0, max: 40 }),
  }),
  fc.record({ kind: fc.constant("unconfirm" as const), reason: fc.constant("nonce-taken" as const), carrier: small.map(carrierOf) }),
  fc.record({
    kind: fc.constant("unconfirm" as const),
    reason: fc.constant("reorg" as const),
    blockHash: fc.tuple(small, small).map(([b, f]) => idOf(b * 1_000 + f)),
  }),
  fc.constant<OrderCommand>({ kind: "reject", code: "X", reason: "x" }),
  fc.constant<OrderCommand>({ kind: "reject", code: "X", reason: "x", finalSecond: 400 }),
  fc.constant<OrderCommand>(cancelled("x")),
  fc.record({ kind: fc.constant("fail" as const), carrier: small.map(carrierOf), reason: fc.constant("reverted") }),
  fc.constant<OrderCommand>({ kind: "compensate", reason: "again" }),
);

/** The commands that the order does not refuse, with all events they lead to. */
function run(commands: readonly OrderCommand[]): { order: Order | undefined; events: OrderEvent[]; states: string[] } {
  let order: Order | undefined;
  const events: OrderEvent[] = [];
  const states = ["unknown"];
  for (const each of commands) {
    let decided: OrderEvent[];
    try {
      decided = decide(each, order, orderId);
    } catch (error) {
      expect(error).to.satisfy((e: unknown) => e instanceof IllegalTransition || e instanceof VoucherNumberChanged);
      continue;
    }
    for (const event of decided) {
      order = evolve(order, event, orderId, 1_000);
      states.push(order.kind);
    }
    events.push(...decided);
  }
  return { order, events, states };
}

describe("The order's table", () => {
  for (const from of ["unknown", ...kindsOfEvents] as const) {
    it(`lets follow '${from}' what it says, and refuses every other event with ILLEGAL_TRANSITION`, () => {
      const order = from === "unknown" ? undefined : orderIn(from);
      for (const [kind, tell] of Object.entries(commandFor) as [OrderStateKind, OrderCommand][]) {
        const known = from === "tentative" || from === "auditable" || from === "final";
        if (known && (kind === "tentative" || kind === "broadcast" || kind === "failed")) continue; // old news there, not an event
        if (from === "unknown" && (kind === "broadcast" || kind === "failed")) continue; // nothing is known that could be meant
        if (from === "unconfirmed" && kind === "unconfirmed") continue; // told twice
        if (from === "authorised" && kind === "rejected") continue; // for one reason alone, see below
        if (allows(from, kind)) expect(decide(tell, order, orderId), `${from} -> ${kind}`).to.have.lengthOf(1);
        else {
          expect(() => decide(tell, order, orderId), `${from} -> ${kind}`)
            .to.throw(IllegalTransition)
            .with.property("code", "ILLEGAL_TRANSITION");
        }
      }
    });
  }

  it("lets an order whose voucher is out be rejected because its number was cancelled, and for no other reason", () => {
    const order = orderIn("authorised");
    expect(decide(cancelled("block 7"), order, orderId)).to.deep.equal([
      { kind: "rejected", data: { code: "VOUCHER_CANCELLED", reason: "block 7" } },
    ]);
    fc.assert(
      fc.property(fc.string(), (code) => {
        fc.pre(code !== "VOUCHER_CANCELLED");
        expect(() => decide({ kind: "reject", code, reason: "x" }, order, orderId)).to.throw(IllegalTransition);
      }),
    );
    for (const from of ["assigned", "broadcast", "tentative", "auditable", "final", "unconfirmed", "failed"] as const)
      expect(() => decide(cancelled("block 7"), orderIn(from), orderId), from).to.throw(IllegalTransition);
  });

  it("closes exactly what is final or rejected", () => {
    expect(kindsOfEvents.filter(isClosed)).to.deep.equal(["final", "rejected"]);
  });

  it("is never left, whatever is told in whatever order", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const { states } = run(commands);
        for (let i = 1; i < states.length; i++) {
          expect(allows((states[i - 1] ?? "unknown") as OrderStateKind | "unknown", states[i] as OrderStateKind)).to.equal(true);
        }
      }),
      { numRuns: 3_000 },
    );
  });

  it("an order is what its events say: replayed, they give the same order", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const { order, events } = run(commands);
        const stored = JSON.parse(JSON.stringify(events)) as OrderEvent[];
        let replayed: Order | undefined;
        for (const event of stored) replayed = evolve(replayed, event, orderId, 1_000);
        expect(replayed).to.deep.equal(order);
        expect(order?.version ?? 0).to.equal(events.length);
      }),
      { numRuns: 1_000 },
    );
  });

  it("an order never changes its voucher number", () => {
    fc.assert(
      fc.property(fc.array(command, { maxLength: 60 }), (commands) => {
        const numbers = run(commands).events.flatMap((event) => (event.kind === "authorised" ? event.data.number : []));
        expect(new Set(numbers).size).to.be.at.most(1);
      }),
      { numRuns: 1_000 },
    );
  });

  it("a fact of the chain that is told twice is told once", () => {
    const isFact = ({ kind }: OrderCommand) => kind === "include" || kind === "deepen" || kind === "unconfirm" || kind === "broadcast";
    fc.assert(
      fc.property(fc.array(command, { maxLength: 40 }), command.filter(isFact), (commands, fact) => {
        const { order } = run(commands);
        let once: OrderEvent[];
        try {
          once = decide(fact, order, orderId);
        } catch {
          return; // refused: then it is no fact about this order
        }
        const after = once.reduce<Order | undefined>((state, event) => evolve(state, event, orderId, 1_000), order);
        expect(decide(fact, after, orderId)).to.deep.equal([]);
      }),
      { numRuns: 3_000 },
    );
  });
});
