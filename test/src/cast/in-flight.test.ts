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
  const words = (each: FateNews<string>) => `${each.kind} ${"block" in each ? each.block : ""}`.trim();
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

describe("What a keeper has in flight", () => {
  it("tells a block once, and the other block that a reorg put it into between two looks", async () => {
    const { settle, heard } = oneSent();
    expect(await settle(mined(7))).to.deep.equal(["mined 7"]);
    expect(await settle(mined(7))).to.deep.equal([]);
    expect(await settle(mined(8))).to.deep.equal(["mined 8"]);
    expect(await settle({ kind: "on its way" })).to.deep.equal(["unconfirmed 8"]);
    expect(await settle(mined(8))).to.deep.equal(["mined 8"]);
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

  it("tells once that it failed, though it succeeds after a reorg, and forgets what can never be mined", async () => {
    const { sent, settle, forgotten } = oneSent();
    const reverted: Fate = { kind: "reverted", hash, block: 7, isFinal: false, error };
    expect(await settle(reverted)).to.deep.equal(["failed"]);
    expect(await settle(reverted)).to.deep.equal([]);
    expect(await settle(mined(8))).to.deep.equal(["mined 8"]);
    expect(await settle({ kind: "gone", error })).to.deep.equal([]);
    expect([sent.size, forgotten]).to.deep.equal([0, [hash]]);
    const lost = oneSent();
    expect(await lost.settle({ kind: "gone", error })).to.deep.equal(["failed"]);
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
