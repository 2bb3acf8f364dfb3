import { expect } from "chai";
import { type Fate, type FateNews, InFlight, tellingDoubt } from "../../../src/cast/index.ts";
import { RpcUnanswered } from "../../../src/chain/index.ts";

const hash = "0xfirst";

/** One transaction whose fate is in the test's hands, and what it was told of it. */
function oneSent() {
  const [heard, forgotten]: [string[], string[]] = [[], []];
  let fate: Fate = { kind: "on its way" };
  const news: string[] = [];
  const teller = {
    fates: () => Promise.resolve([fate]),
    heard: (of: string) => Promise.resolve(void heard.push(of)),
    forget: (of: string) => void forgotten.push(of),
  };
  const words = (each: FateNews<string>) => {
    if ("first" in each) expect(each.first).to.equal(hash);
    return [each.kind, ...("block" in each ? [each.block] : []), ...("again" in each && each.again ? ["again"] : [])].join(" ");
  };
  const sent = new InFlight<string>(teller, (each) => news.push(words(each)));
  sent.put(hash, "a report");
  const settle = async (next: Fate) => {
    fate = next;
    const from = news.length;
    await sent.settle();
    return news.slice(from);
  };
  return { sent, settle, heard, forgotten };
}

const mined = (block: number, isFinal = false): Fate => ({ kind: "mined", hash, block, isFinal });
const error = new Error("refused");
const reverted = (block: number): Fate => ({ kind: "reverted", hash, block, isFinal: false, error });
const onItsWay: Fate = { kind: "on its way" };
const gone: Fate = { kind: "gone", error };

describe("What a keeper has in flight", () => {
  it("tells a block once, and the other block that a reorg put it into between two looks", async () => {
    const { settle, heard } = oneSent();
    expect(await settle(mined(7))).to.deep.equal(["mined 7"]);
    expect(await settle(mined(7))).to.deep.equal([]);
    expect(await settle(mined(8))).to.deep.equal(["unconfirmed 7", "mined 8 again"]);
    expect(await settle(onItsWay)).to.deep.equal(["unconfirmed 8"]);
    expect(await settle(onItsWay)).to.deep.equal([]);
    expect(await settle(mined(8))).to.deep.equal(["mined 8 again"]);
    expect(heard).to.deep.equal([hash, hash, hash]);
  });

  it("is below no block that is read before its own, and remembered until that is final", async () => {
    const { sent, settle, forgotten } = oneSent();
    expect([sent.above({ number: 9 }), sent.count]).to.deep.equal([["a report"], 1]);
    await settle(mined(7));
    expect([sent.above({ number: 6 }), sent.above({ number: 7 }), sent.count]).to.deep.equal([["a report"], [], 0]);
    expect([sent.size, forgotten]).to.deep.equal([1, []]);
    await settle(mined(7, true));
    expect([sent.size, forgotten]).to.deep.equal([0, [hash]]);
  });

  it("tells once that it failed, until that is taken back, and forgets what can never be mined", async () => {
    const { sent, settle, forgotten } = oneSent();
    expect(await settle(reverted(7))).to.deep.equal(["failed"]);
    expect(await settle(reverted(7))).to.deep.equal([]);
    expect(await settle(reverted(8)), "whatever block it failed in").to.deep.equal([]);
    expect(await settle(onItsWay)).to.deep.equal(["unconfirmed 8"]);
    expect(await settle(mined(9))).to.deep.equal(["mined 9"]);
    expect(await settle(gone)).to.deep.equal(["unconfirmed 9", "failed"]);
    expect([sent.size, forgotten]).to.deep.equal([0, [hash]]);
    const lost = oneSent();
    expect(await lost.settle(reverted(7))).to.deep.equal(["failed"]);
    expect(await lost.settle(gone)).to.deep.equal([]);
    expect(lost.sent.size).to.equal(0);
  });

  it("tells what is so as its last word, also where it changes its mind between two looks", async () => {
    const { settle } = oneSent();
    expect(await settle(mined(10))).to.deep.equal(["mined 10"]);
    expect(await settle(reverted(10))).to.deep.equal(["unconfirmed 10", "failed"]);
    expect(await settle({ kind: "unreadable", error })).to.deep.equal(["unreadable"]);
    expect(await settle(mined(10))).to.deep.equal(["unconfirmed 10", "mined 10 again"]);
    const ends: readonly Fate[] = [onItsWay, mined(10), mined(11), reverted(10), reverted(11), gone];
    const says = (fate: Fate) => (fate.kind === "mined" ? "mined" : fate.kind === "on its way" ? "unconfirmed" : "failed");
    for (const before of ends.slice(0, -1)) {
      for (const after of ends) {
        const one = oneSent();
        const told = [...(await one.settle(before)), ...(await one.settle(after))];
        if (before === onItsWay && after === onItsWay) expect(told).to.deep.equal([]);
        else expect(told.at(-1), `${JSON.stringify(before)}, then ${JSON.stringify(after)}`).to.match(new RegExp(`^${says(after)}`));
      }
    }
  });

  it("is in doubt only for what the network did not answer", async () => {
    const told: unknown[] = [];
    const doubt = new RpcUnanswered("eth_call", "http://node", "timeout");
    await tellingDoubt(
      (event) => told.push(event.error),
      () => Promise.reject(doubt),
    );
    expect(told).to.deep.equal([doubt]);
    const mistake = await tellingDoubt(
      () => undefined,
      () => Promise.reject(error),
    ).catch((thrown: unknown) => thrown);
    expect(mistake).to.equal(error);
  });
});
