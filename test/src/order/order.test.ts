import { expect } from "chai";
import { diagram, IllegalTransition, type OrderCommand } from "../../../src/order/index.ts";
import { orderDocs } from "../../../scripts/order-docs.ts";
import { readFileSync } from "node:fs";
import { assigned, authorised, broadcast, carrierOf, hashOf, idOf, included, inclusionIn, kinds, requested, tell } from "./orders.ts";

const deepen = (head: number, block = 50, fork = 0): OrderCommand => ({ kind: "deepen", blockHash: idOf(block * 1_000 + fork), head });
const minted = [requested, authorised, assigned, broadcast, included] as const;

describe("An order", () => {
  it("goes from requested to final, one state after the other", () => {
    const { order, events } = tell(undefined, ...minted, deepen(61), deepen(81));
    expect(kinds(events)).to.deep.equal(["requested", "authorised", "assigned", "broadcast", "tentative", "auditable", "final"]);
    expect(order?.version).to.equal(7);
    expect(order?.inclusion).to.deep.equal(inclusionIn(50, hashOf(3)));
  });

  it("is auditable at depth 12 and final at depth 32, not a block earlier", () => {
    const { order } = tell(undefined, ...minted);
    expect(kinds(tell(order, deepen(60)).events)).to.deep.equal([]);
    expect(kinds(tell(order, deepen(61)).events)).to.deep.equal(["auditable"]);
    expect(kinds(tell(order, deepen(61), deepen(80)).events)).to.deep.equal(["auditable"]);
    expect(kinds(tell(order, deepen(61), deepen(81)).events)).to.deep.equal(["auditable", "final"]);
  });

  it("announces both levels when the head jumps", () => {
    expect(kinds(tell(tell(undefined, ...minted).order, deepen(500)).events)).to.deep.equal(["auditable", "final"]);
  });

  it("does not deepen by the head of a block that it is not in", () => {
    expect(tell(tell(undefined, ...minted).order, deepen(500, 50, 1)).events).to.deep.equal([]);
  });

  it("told twice of an inclusion, a level or a broadcast, is told once", () => {
    expect(tell(tell(undefined, ...minted).order, included).events).to.deep.equal([]);
    expect(tell(tell(undefined, ...minted).order, broadcast).events).to.deep.equal([]);
    expect(tell(tell(undefined, ...minted, deepen(61)).order, deepen(61), deepen(62)).events).to.deep.equal([]);
    expect(tell(tell(undefined, requested, authorised, assigned, broadcast).order, broadcast).events).to.deep.equal([]);
  });

  it("may be included before anybody broadcast it: anybody may redeem a voucher", () => {
    for (const before of [[requested], [requested, authorised], [requested, authorised, assigned]]) {
      expect(kinds(tell(tell(undefined, ...before).order, included).events)).to.deep.equal(["tentative"]);
    }
  });

  it("seen in another block, was reorganised away from the former one", () => {
    const { order, events } = tell(tell(undefined, ...minted).order, { kind: "include", inclusion: inclusionIn(51, hashOf(3), 1) });
    expect(kinds(events)).to.deep.equal(["unconfirmed", "tentative"]);
    expect(order?.inclusion?.block).to.equal(51);
  });

  it("taken back by a reorg forgets its inclusion and keeps its voucher and its carrier", () => {
    const { order } = tell(undefined, ...minted, { kind: "unconfirm", reason: "reorg", blockHash: idOf(50_000) });
    expect(order).to.include({ kind: "unconfirmed", reason: "reorg" });
    expect(order?.inclusion).to.equal(undefined);
    expect(order?.voucher).to.deep.equal({ number: "7", second: 100 });
    expect(order?.carrier).to.deep.equal(carrierOf(3));
  });

  it("is not taken back by a block or a transaction that it has left", () => {
    const { order } = tell(undefined, ...minted);
    expect(tell(order, { kind: "unconfirm", reason: "reorg", blockHash: idOf(49_000) }).events).to.deep.equal([]);
    expect(tell(order, { kind: "unconfirm", reason: "skipped-expired", carrier: carrierOf(3) }).events).to.deep.equal([]);
    const underway = tell(undefined, requested, authorised, assigned, broadcast).order;
    expect(tell(underway, { kind: "unconfirm", reason: "nonce-taken", carrier: carrierOf(2) }).events).to.deep.equal([]);
  });

  it("is issued again with the same number and a new second, never with another number", () => {
    const skipped: OrderCommand = { kind: "unconfirm", reason: "skipped-expired", carrier: carrierOf(3) };
    const { order } = tell(undefined, requested, authorised, assigned, broadcast, skipped);
    const again = tell(order, { kind: "authorise", voucher: { number: "7", second: 900 } });
    expect(again.order?.voucher).to.deep.equal({ number: "7", second: 900 });
    expect(() => tell(order, { kind: "authorise", voucher: { number: "8", second: 900 } })).to.throw(/keeps voucher number 7 for life/);
  });

  it("that reverted is compensated and driven again", () => {
    const failed: OrderCommand = { kind: "fail", carrier: carrierOf(3), reason: "reverted" };
    const { events } = tell(
      tell(undefined, requested, authorised, assigned, broadcast).order,
      failed,
      { kind: "compensate", reason: "again" },
      authorised,
      { kind: "assign", carrier: carrierOf(4) },
    );
    expect(kinds(events)).to.deep.equal(["failed", "compensating", "authorised", "assigned"]);
  });

  it("that was refused is rejected only when a final block is past the window of each voucher that it had", () => {
    const underway = tell(undefined, requested, authorised, { kind: "authorise", voucher: { number: "7", second: 60 } }, assigned).order;
    const refused = (second?: number): OrderCommand => ({
      ...{ kind: "fail", carrier: carrierOf(3), reason: "refused" },
      refusal: { code: "RECIPIENT_REFUSES", ...(second !== undefined && { second }) },
    });
    const rejected = (finalSecond?: number): OrderCommand => ({
      ...{ kind: "reject", code: "RECIPIENT_REFUSES", reason: "refused" },
      ...(finalSecond !== undefined && { finalSecond }),
    });
    const again: OrderCommand = { kind: "compensate", reason: "again" };
    for (const early of [undefined, 361, 400])
      expect(() => tell(underway, refused(), again, rejected(early)), String(early)).to.throw(IllegalTransition);
    expect(kinds(tell(underway, refused(), again, rejected(401)).events)).to.deep.equal(["failed", "compensating", "rejected"]);
    expect(() => tell(underway, refused(150), again, rejected(450))).to.throw(IllegalTransition);
    expect(kinds(tell(underway, refused(150), again, rejected(451)).events).at(-1)).to.equal("rejected");
  });

  it("does not fail by a transaction that no longer carries it", () => {
    const { order } = tell(undefined, requested, authorised, assigned, broadcast);
    expect(tell(order, { kind: "fail", carrier: carrierOf(2), reason: "reverted" }).events).to.deep.equal([]);
  });

  it("does not fail by its own transaction when its mint is on the chain already: somebody else redeemed the voucher", () => {
    const { order } = tell(undefined, ...minted.slice(0, 4), { kind: "include", inclusion: inclusionIn(60, idOf(77)) });
    expect(tell(order, { kind: "fail", carrier: carrierOf(3), reason: "reverted" }).events).to.deep.equal([]);
  });

  it("that failed may still turn out to be minted, by whoever redeemed its voucher", () => {
    const failed: OrderCommand = { kind: "fail", carrier: carrierOf(3), reason: "reverted" };
    const { order } = tell(undefined, ...minted.slice(0, 4), failed);
    expect(kinds(tell(order, { kind: "include", inclusion: inclusionIn(60, idOf(77)) }).events)).to.deep.equal(["tentative"]);
  });

  it("hears nothing of a broadcast that came too late: the mint was seen, or another nonce carries it", () => {
    const { order } = tell(undefined, requested, authorised, assigned);
    expect(tell(order, { kind: "broadcast", carrier: carrierOf(9) }).events).to.deep.equal([]);
    expect(tell(order, included, broadcast).events.map(({ kind }) => kind)).to.deep.equal(["tentative"]);
  });

  it("has its diagram in docs/order.md, drawn from the table", async () => {
    const page = readFileSync(new URL("../../../docs/order.md", import.meta.url), "utf8");
    expect(page).to.contain(diagram());
    expect(page, "node scripts/order-docs.ts").to.equal(await orderDocs());
  });
});
