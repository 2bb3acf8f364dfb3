import { inspect } from "node:util";
import { expect } from "chai";
import { InvalidRpcUrl, moreUrls, OnDemandRpc, RpcPool } from "../../../../src/chain/index.ts";
import { systemClock } from "../../../../src/clock.ts";
import { failure } from "../../store/expectations.ts";
import { HttpNode, secret } from "./http-node.ts";

describe("MINTD_RPC_MORE_URLS", () => {
  it("is a list of URLs separated by commas, or nothing", () => {
    for (const nothing of [undefined, "", "  "]) expect(moreUrls(nothing)).to.deep.equal([]);
    expect(moreUrls("https://one.example/key")).to.deep.equal(["https://one.example/key"]);
    expect(moreUrls(" https://a.example/k , http://b.example:8545")).to.deep.equal(["https://a.example/k", "http://b.example:8545"]);
  });

  for (const [text, place] of [
    [`https://a.example,nonsense-${secret}`, 2],
    [`ws://a.example/${secret}`, 1],
    [`https://a.example,,https://b.example`, 2],
    [`https://${secret} x/`, 1],
    [`https://a.example,`, 2],
  ] as const) {
    it(`names the place of what is no URL and not its text: ${text.replace(secret, "...")}`, () => {
      let error: unknown;
      try {
        moreUrls(text);
      } catch (thrown) {
        error = thrown;
      }
      expect(error).to.be.instanceOf(InvalidRpcUrl);
      expect((error as InvalidRpcUrl).message).to.contain(`URL ${place} `);
      expect(inspect(error, { depth: 10 })).to.not.contain(secret);
    });
  }
});

describe("OnDemandRpc", () => {
  let node: HttpNode;
  beforeEach(async () => (node = (await HttpNode.start()).on("eth_gasPrice", () => "0x1")));
  afterEach(() => node.end());

  const onDemand = (chainId = 31_337) => new OnDemandRpc(() => RpcPool.open({ endpoints: [node.source()], chainId, clock: systemClock }));

  it("asks nothing before the first call, and opens the pool once", async () => {
    const rpc = onDemand();
    await rpc.close();
    expect(node.requests).to.equal(0);
    const asked = await Promise.all([rpc.request("eth_gasPrice", []), rpc.each([{ method: "eth_gasPrice", params: [] }])]);
    expect(asked).to.deep.equal(["0x1", [{ ok: true, value: "0x1" }]]);
    expect(node.count("eth_chainId")).to.equal(1);
    await rpc.close();
  });

  it("tries again after it could not open, and says of a batch what it says of each call", async () => {
    node.mood = "resets";
    const rpc = onDemand();
    await failure("RPC_UNANSWERED", rpc.request("eth_gasPrice", []));
    const outcomes = await rpc.each([1, 2].map(() => ({ method: "eth_gasPrice", params: [] })));
    expect(outcomes.map((outcome) => !outcome.ok && outcome.error.code)).to.deep.equal(["RPC_UNANSWERED", "RPC_UNANSWERED"]);
    node.mood = "answers";
    expect(await rpc.request("eth_gasPrice", [])).to.equal("0x1");
  });

  it("is fatal on another chain, for a call as for a batch", async () => {
    const rpc = onDemand(1);
    await failure("CHAIN_MISMATCH", rpc.request("eth_gasPrice", []));
    await failure("CHAIN_MISMATCH", rpc.each([{ method: "eth_gasPrice", params: [] }]));
  });
});
