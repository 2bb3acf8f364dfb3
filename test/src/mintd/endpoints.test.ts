import { expect } from "chai";
import { RpcPool, type Rpc, type RpcCall, type RpcOutcome, RpcUnanswered } from "../../../src/chain/index.ts";
import { systemClock } from "../../../src/clock.ts";
import { random } from "../store/seed.ts";
import { listOf, minting, World } from "./world.ts";

const seed = Number(process.env["ENDPOINTS_SEED"] ?? Math.floor(Math.random() * 2 ** 31));

describe("mintd over a pool of endpoints", function () {
  this.timeout(180_000);
  let world: World;

  before(() => {
    console.log(`ENDPOINTS_SEED=${seed}`);
  });
  beforeEach(async () => (world = await World.begin()));
  afterEach(() => world.end());

  it("mints a list exactly once although each of three endpoints fails in turns, before or after it did what it was asked", async () => {
    const chance = random(seed);
    let started = false; // a start in doubt ends with RPC_UNANSWERED; that is not what is looked at here
    const failing = (share: number): Rpc => {
      const node = world.anvil.rpc;
      /** One request: lost on the way there, or on the way back. */
      const fail = async <T>(method: string, work: () => Promise<T>): Promise<T> => {
        const lost = () => started && chance() < share / 2;
        if (lost()) throw new RpcUnanswered(method, "the test's endpoint", "ECONNRESET");
        const answer = await work();
        if (lost()) throw new RpcUnanswered(method, "the test's endpoint", "UND_ERR_SOCKET");
        return answer;
      };
      return {
        request: (method, params) => fail(method, () => node.request(method, params)),
        each: async <T>(calls: readonly RpcCall[]) =>
          fail("batch", () => node.each<T>(calls)).catch((error: unknown): RpcOutcome<T>[] => {
            if (error instanceof RpcUnanswered) return calls.map(() => ({ ok: false, error }));
            throw error;
          }),
      };
    };
    await using pool = await RpcPool.open({
      endpoints: [0.1, 0.2, 0.3].map((share, i) => ({ name: `endpoint-${i}`, rpc: failing(share) })),
      clock: systemClock,
      surveyMs: 100,
      pausesMs: [20],
    });
    pool.start();
    await using mintd = await world.open({ rpc: pool, settings: { batch: { maxItems: 15, maxWaitMs: 0 } } });
    await mintd.start();
    started = true;
    const report = await world.anvil.mineWhile(minting(mintd, listOf(120)));
    expect(report).to.include({ minted: 120, final: 120 });
    const minted = await world.minted();
    expect([minted.length, new Set(minted).size]).to.deep.equal([120, 120]);
    expect(pool.snapshot().some(({ errors }) => errors > 0)).to.equal(true);
  });
});
