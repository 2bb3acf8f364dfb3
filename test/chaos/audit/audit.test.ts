import { expect } from "chai";
import type { OrderEvent } from "../../../src/order/index.ts";
import type { StoredEvent } from "../../../src/store/index.ts";
import { addressOf, type PlannedOrder, requestFor } from "../orders.ts";
import { auditMints } from "./exactly-once.ts";
import { type Announcement, auditFinals, auditHistories, historiesOf } from "./histories.ts";
import { auditLanes } from "./lanes.ts";
import type { ChainFacts, Mint } from "./mints.ts";
import type { Problem } from "./problem.ts";
import { auditUserOrder } from "./user-order.ts";

const lane = "0x00000000000000000000000000000000000000aA";
const orders: readonly PlannedOrder[] = [1, 2].map((number) => ({ key: `user-7/order-${number}`, user: 7, quantity: number }));
const idOf = (index: number): string => requestFor(orders[index] as PlannedOrder).orderId;

function mintOf(index: number, change: Partial<Mint> = {}): Mint {
  const where = { block: 100 + index, blockHash: `0xb${index}`, logIndex: 0, txHash: `0xt${index}` };
  return { orderId: idOf(index), to: addressOf(7), quantity: index + 1, number: String(index), ...where, ...change };
}

function chainOf(mints: readonly Mint[], tip = 140): ChainFacts {
  const created = new Map<string, number>();
  for (const { to, quantity } of mints) created.set(to, (created.get(to) ?? 0) + quantity);
  return { tip, mints, created, nonces: new Map([[lane, 2]]) };
}

/** The life of an order that went well. */
const life = (index: number, head = 131 + index): OrderEvent[] => {
  const { orderId: _, ...request } = requestFor(orders[index] as PlannedOrder);
  const carrier = { lane, nonce: index, hash: `0xt${index}` };
  const inclusion = { block: 100 + index, blockHash: `0xb${index}`, txHash: `0xt${index}`, firstTokenId: "1" };
  return [
    { kind: "requested", data: request },
    { kind: "authorised", data: { number: String(index), second: 0 } },
    { kind: "assigned", data: carrier },
    { kind: "broadcast", data: carrier },
    { kind: "tentative", data: inclusion },
    { kind: "auditable", data: { head: 111 + index } },
    { kind: "final", data: { head } },
  ];
};

function stored(lives: readonly (readonly OrderEvent[])[]): StoredEvent[] {
  let position = 0;
  return lives.flatMap((events, index) =>
    events.map((event, i) => {
      const { kind, data } = event as unknown as Pick<StoredEvent, "kind" | "data">;
      return { kind, data, stream: `order/${idOf(index)}`, version: i + 1, at: 0, position: ++position };
    }),
  );
}

const both = [life(0), life(1)];
const laws = (problems: readonly Problem[]): string[] => [...new Set(problems.map(({ law }) => law))];
const announce = (index: number, version: number, highest = 1_000): Announcement => {
  return { orderId: idOf(index), version, event: life(index)[version - 1] as OrderEvent, highest };
};

describe("chaos: the audit", () => {
  describe("of mints", () => {
    const audited = (mints: readonly Mint[], chain = chainOf(mints)) => laws(auditMints(chain, orders, orders));

    it("is content with each order minted once", () => {
      expect(audited([mintOf(0), mintOf(1)])).to.deep.equal([]);
    });
    it("finds an accepted order that is not on the chain", () => {
      expect(audited([mintOf(0)])).to.deep.equal(["lost"]);
    });
    it("finds an order that was minted twice, and a number that was", () => {
      expect(audited([mintOf(0), mintOf(1), mintOf(1, { number: "9" })])).to.deep.equal(["duplicate"]);
      expect(audited([mintOf(0), mintOf(1, { number: "0" })])).to.deep.equal(["duplicate"]);
    });
    it("finds a mint to somebody else, of another quantity, of nobody's order", () => {
      expect(audited([mintOf(0), mintOf(1, { to: addressOf(8) })])).to.deep.equal(["wrong mint"]);
      expect(audited([mintOf(0), mintOf(1, { quantity: 5 })])).to.deep.equal(["wrong mint"]);
      expect(audited([mintOf(0), mintOf(1), mintOf(1, { orderId: "0xff", number: "9" })])).to.deep.equal(["wrong mint"]);
    });
    it("finds tokens that the minter does not account for", () => {
      const chain = { ...chainOf([mintOf(0), mintOf(1)]), created: new Map([[addressOf(7), 4]]) };
      expect(audited(chain.mints, chain)).to.deep.equal(["wrong mint"]);
    });
  });

  describe("of what was called final", () => {
    const audited = (lives: readonly (readonly OrderEvent[])[], chain: ChainFacts, announced: readonly Announcement[] = []) =>
      laws(auditFinals(historiesOf(stored(lives)), announced, chain));
    const mints = [mintOf(0), mintOf(1)];

    it("is content at depth 32", () => {
      expect(audited(both, chainOf(mints), [announce(0, 7, 131)])).to.deep.equal([]);
    });
    it("finds one that is not on the chain, or in another block", () => {
      expect(audited(both, chainOf([mintOf(0)]))).to.deep.equal(["false final"]);
      expect(audited(both, chainOf([mintOf(0), mintOf(1, { blockHash: "0xother" })]))).to.deep.equal(["false final"]);
    });
    it("finds one that was too shallow when it was called so, or is so now", () => {
      expect(audited([life(0, 130), life(1)], chainOf(mints))).to.deep.equal(["false final"]);
      expect(audited(both, chainOf(mints, 131))).to.deep.equal(["false final"]);
    });
    it("finds a head that no chain had reached", () => {
      expect(audited(both, chainOf(mints), [announce(0, 7, 130)])).to.deep.equal(["false final"]);
    });
  });

  describe("of histories", () => {
    const audited = (lives: readonly (readonly OrderEvent[])[], announced: readonly Announcement[] = []) =>
      laws(auditHistories(historiesOf(stored(lives)), announced));
    const withoutBroadcast = life(0).filter(({ kind }) => kind !== "broadcast" && kind !== "assigned");

    it("is content with what the table allows and what was announced once", () => {
      expect(audited(both, [announce(0, 5), announce(0, 6), announce(1, 7)])).to.deep.equal([]);
    });
    it("finds an event that may not follow", () => {
      expect(audited([withoutBroadcast.filter(({ kind }) => kind !== "auditable")])).to.deep.equal(["history"]);
    });
    it("finds a level that was told twice, and allows it after the inclusion was taken back", () => {
      const tentative = life(0)[4] as OrderEvent;
      const twice = life(0).flatMap((event) => (event === life(0)[4] || event.kind === "tentative" ? [event, tentative] : [event]));
      expect(audited([twice])).to.include("level told twice");
      const back: OrderEvent = { kind: "unconfirmed", data: { reason: "reorg" } };
      const again = life(0).flatMap((event) => (event.kind === "tentative" ? [event, back, tentative] : [event]));
      expect(audited([again])).to.deep.equal([]);
    });
    it("finds a second voucher number", () => {
      const events = life(0).flatMap((event): OrderEvent[] =>
        event.kind === "authorised" ? [event, { kind: "authorised", data: { number: "8", second: 1 } }] : [event],
      );
      expect(audited([events])).to.deep.equal(["history"]);
    });
    it("finds what was announced twice, and what was announced and is not stored", () => {
      expect(audited(both, [announce(0, 5), announce(0, 5)])).to.deep.equal(["level told twice"]);
      expect(audited([life(0).slice(0, 5), life(1)], [announce(0, 7)])).to.deep.equal(["history"]);
    });
  });

  it("finds a user's later order that was minted before the earlier one", () => {
    const histories = historiesOf(stored(both));
    expect(laws(auditUserOrder(orders, histories, [mintOf(0), mintOf(1)]))).to.deep.equal([]);
    expect(laws(auditUserOrder(orders, histories, [mintOf(1), mintOf(0)]))).to.deep.equal(["order of a user"]);
  });

  describe("of lanes", () => {
    const events = (...data: readonly (readonly [kind: string, data: object])[]): StoredEvent[] =>
      data.map(([kind, each], i) => {
        const stream = `lane/84532/${lane.toLowerCase()}`;
        return { kind, data: each as StoredEvent["data"], stream, version: i + 1, position: i + 1, at: 0 };
      });
    const attempt = (nonce: number) => ["attempted", { nonce, hash: `0xt${nonce}`, raw: "0x", orderIds: [] }] as const;
    const settled = (nonce: number) => ["settled", { nonce, hash: `0xt${nonce}`, block: 1, gasUsed: 1, succeeded: true }] as const;
    const opened = ["opened", { nonce: 0 }] as const;
    const chain = chainOf([mintOf(0), mintOf(1)]);

    it("is content when all attempts are closed", () => {
      expect(auditLanes(events(opened, attempt(0), attempt(1), settled(0), settled(1)), chain)).to.deep.equal([]);
    });
    it("finds an open attempt", () => {
      expect(laws(auditLanes(events(opened, attempt(0), attempt(1), settled(0)), chain))).to.deep.equal(["stuck lane"]);
    });
    it("finds a ledger that ends elsewhere than the account", () => {
      expect(laws(auditLanes(events(opened, attempt(0), attempt(1), settled(0), settled(1), attempt(2), settled(2)), chain))).to.deep.equal(
        ["stuck lane"],
      );
    });
    it("finds a nonce that was given up without need", () => {
      const displaced = ["displaced", { nonce: 1, hash: "0xt1" }] as const;
      expect(laws(auditLanes(events(opened, attempt(0), attempt(1), settled(0), displaced), chain))).to.deep.equal(["nonce re-bound"]);
    });
    it("finds a transaction that minted and is not on record", () => {
      expect(laws(auditLanes(events(opened, attempt(0), settled(0)), { ...chain, nonces: new Map([[lane, 1]]) }))).to.deep.equal([
        "history",
      ]);
    });
  });
});
