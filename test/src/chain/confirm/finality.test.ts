import { expect } from "chai";
import { Finality } from "../../../../src/chain/confirm/finality.ts";
import { type Rpc, RpcRefused, RpcUnanswered } from "../../../../src/chain/index.ts";
import { Anvil } from "../../../anvil.ts";
import { failure } from "../../store/expectations.ts";

describe("What is final", () => {
  let anvil: Anvil;
  before(async () => (anvil = await Anvil.start({ noMining: true })));
  after(() => anvil.kill());

  /** A node that answers each look for its final block as the list says. */
  function saying(...answers: readonly (string | null | Error)[]): Rpc {
    const left = [...answers];
    return {
      request<T>(): Promise<T> {
        const next = left.shift() ?? null;
        if (next instanceof Error) return Promise.reject(next);
        return Promise.resolve((next === null ? null : { number: next }) as T);
      },
      each: () => Promise.reject(new Error("not asked for")),
    };
  }

  it("by depth is what has 32 blocks, itself included, whatever the node says", async () => {
    expect(await new Finality(saying("0x0"), "depth").under(100)).to.equal(69);
  });

  it("by the node's word is what has that depth and the node calls finalized", async () => {
    await anvil.mine(100);
    const tagged = await anvil.rpc.request<{ number: string }>("eth_getBlockByNumber", ["finalized", false]);
    expect(Number(tagged.number)).to.be.within(1, 68); // anvil follows Ethereum's two epochs
    const finality = new Finality(anvil.rpc, "finalized");
    expect(await finality.under(100)).to.equal(Number(tagged.number));
    expect(await finality.under(32)).to.equal(1);
  });

  it("never goes back when an endpoint lags, and is nothing before the node knows any", async () => {
    const refused = new RpcRefused("eth_getBlockByNumber", -39001, "finalized block not found", undefined);
    const finality = new Finality(saying(refused, null, "0x20", "0x10"), "finalized");
    expect([await finality.under(200), await finality.under(200)]).to.deep.equal([-1, -1]);
    expect([await finality.under(200), await finality.under(200)]).to.deep.equal([32, 32]);
  });

  it("is not decided without an answer", async () => {
    const unanswered = new RpcUnanswered("eth_getBlockByNumber", "the node", "ECONNRESET");
    await failure("RPC_UNANSWERED", new Finality(saying(unanswered), "finalized").under(200));
  });
});
