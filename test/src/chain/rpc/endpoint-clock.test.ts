import { expect } from "chai";
import { RpcPool, type Rpc, RpcUnanswered } from "../../../../src/chain/index.ts";
import { systemClock } from "../../../../src/clock.ts";

describe("RpcPool, when the system clock is set back", () => {
  const { now } = Date;
  afterEach(() => (Date.now = now));

  it("asks an endpoint again that failed often before, without waiting until the clock has caught up", async () => {
    let down = false;
    const request = <T>(method: string): Promise<T> =>
      down ? Promise.reject(new RpcUnanswered(method, "the test's node", "ECONNREFUSED")) : Promise.resolve("0x1" as T);
    const rpc: Rpc = { request, each: () => Promise.reject(new TypeError("single calls only")) };
    await using pool = await RpcPool.open({ endpoints: [{ name: "one", rpc }], chainId: 1, clock: systemClock, pausesMs: [60_000] });
    down = true;
    while (pool.snapshot()[0]?.breaker !== "open") await pool.request("eth_gasPrice", []).catch(() => undefined);
    down = false;
    const held = await pool.request("eth_gasPrice", []).catch((error: unknown) => error);
    expect(held).to.be.instanceOf(RpcUnanswered);
    Date.now = () => now() - 3_600_000;
    expect(await pool.request("eth_gasPrice", [])).to.equal("0x1");
  });
});
