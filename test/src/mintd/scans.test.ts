// Readings of the minter's whole history, through a real endpoint that fails in the middle of them.
import { expect } from "chai";
import { join } from "node:path";
import { adoptHistory, HttpRpc, MintLogReader, type Rpc, RpcRefused, RpcUnanswered } from "../../../src/chain/index.ts";
import { Proofs, type Wanted } from "../../../src/chain/cancel/proofs.ts";
import { type Clock, systemClock } from "../../../src/clock.ts";
import { type EventStore, openSqliteStore } from "../../../src/store/index.ts";
import type { Minted } from "../../../src/voucher/index.ts";
import { FaultProxy } from "../../chaos/proxy/index.ts";
import { Random } from "../../chaos/random.ts";
import { issueOffline } from "./cancelling.ts";
import { listOf, rpcWith, World } from "./world.ts";

/** Blocks that the endpoint answers a question about; real ones have such limits. */
const mostBlocks = 100;
/** Tries of one piece: the first one and one after each pause. */
const tries = 7;

describe("A reading of the minter's history", function () {
  this.timeout(120_000);
  let world: World;
  let proxy: FaultProxy;
  let minted: readonly Minted[];
  let head: number;
  /** In so many the history is read. */
  let pieces: number;

  before(async () => {
    world = await World.begin();
    proxy = await FaultProxy.start({ target: world.anvil.url, random: new Random(1) });
    await world.mint(listOf(3));
    await world.anvil.mine(3 * mostBlocks);
    head = Number(await world.anvil.rpc.request<string>("eth_blockNumber", []));
    const steady = unsteady(Infinity, 0);
    const own: Minted[] = [];
    for await (const piece of readerOf(steady).inRange(world.deployment.block, head)) own.push(...piece.minted.map(({ log }) => log));
    pieces = steady.asked.length;
    expect(pieces).to.be.above(2).and.below(8); // from the eighth on they get larger
    minted = own;
  });
  after(async () => {
    await proxy.close();
    await world.end();
  });

  /** An endpoint that loses `outage` answers in a row to questions for logs, once `answered` of them were answered; and what it was asked. */
  function unsteady(answered: number, outage: number): { rpc: Rpc; clock: Clock; asked: string[]; pauses: number[] } {
    const asked: string[] = [];
    const pauses: number[] = [];
    const through = rpcWith(new HttpRpc({ url: proxy.url, timeoutMs: 10_000 }), (method, params) => {
      proxy.faults = {};
      if (method !== "eth_getLogs") return;
      const [{ fromBlock, toBlock, topics }] = params as [{ fromBlock: string; toBlock: string; topics: unknown }];
      if (Number(toBlock) - Number(fromBlock) >= mostBlocks) throw new RpcRefused(method, -32_000, "block range is too large", undefined);
      const isLost = asked.length >= answered && asked.length < answered + outage;
      if (isLost) proxy.faults = { loseResponse: 1 };
      asked.push(`${Number(fromBlock)} to ${Number(toBlock)} of ${JSON.stringify(topics)}`);
    });
    const pause = (ms: number) => Promise.resolve(void pauses.push(ms));
    return { rpc: through, clock: { now: () => 0, pause }, asked, pauses };
  }
  const readerOf = ({ rpc, clock }: { rpc: Rpc; clock: Clock }) => new MintLogReader(rpc, world.minter, undefined, { clock });
  const errorOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined).catch((error: unknown) => error);

  /** What was asked for more than once, and how often. */
  const repeated = (asked: readonly string[]): number[] =>
    [...Map.groupBy(asked, (each) => each).values()].map(({ length }) => length).filter((times) => times > 1);

  describe("that a store adopts", () => {
    let store: EventStore & { close(): Promise<void> };
    let number = 0;

    beforeEach(async () => (store = await openSqliteStore({ path: join(world.root, `adopting-${number++}.db`) })));
    afterEach(() => store.close());

    const adopt = (endpoint: ReturnType<typeof unsteady>) =>
      adoptHistory({
        ...{ store, rpc: endpoint.rpc, reader: readerOf(endpoint), clock: endpoint.clock },
        ...{ chainId: world.deployment.chainId, minter: world.minter, deployedAt: world.deployment.block },
      });

    it("goes on where it was when the endpoint is back: no piece that was read is asked for again", async () => {
      const endpoint = unsteady(1, 3);
      expect(await adopt(endpoint)).to.equal(3);
      expect(repeated(endpoint.asked)).to.deep.equal([4]); // in vain three times
      expect(endpoint.pauses).to.have.length(3);
    });

    it("ends with the endpoint's error after the tries of one piece, and not of the whole reading again and again", async () => {
      const endpoint = unsteady(1, Infinity);
      expect(await errorOf(adopt(endpoint))).to.be.instanceOf(RpcUnanswered);
      expect(endpoint.asked).to.have.length(1 + tries);
      expect(endpoint.asked.slice(1)).to.not.include(endpoint.asked[0]);
      expect(await adopt(unsteady(0, 0)), "what was adopted already").to.equal(0);
    });
  });

  describe("that proves what used numbers up", () => {
    const wanted = (): Wanted[] => minted.map(({ txCount }) => ({ number: txCount, orderId: undefined, needsProof: true }));
    const proofsOf = (endpoint: ReturnType<typeof unsteady>) =>
      new Proofs({ rpc: endpoint.rpc, reader: readerOf(endpoint), deployedAt: world.deployment.block, clock: endpoint.clock });

    it("goes on where it was when the endpoint is back, in the cancellations as in the mints", async () => {
      for (const answered of [1, pieces + 1]) {
        const endpoint = unsteady(answered, 2);
        expect(await proofsOf(endpoint).look(wanted(), head)).to.equal(3);
        expect(endpoint.asked).to.have.length(2 * pieces + 2);
        expect(repeated(endpoint.asked)).to.deep.equal([3]);
      }
    });

    it("goes on where it was when it looks for the mint of one order", async () => {
      const endpoint = unsteady(pieces + 1, 2);
      const unminted = { number: 1n, orderId: `0x${"ab".repeat(32)}`, needsProof: false };
      expect(await proofsOf(endpoint).look([unminted], head)).to.equal(0);
      expect(endpoint.asked).to.have.length(2 * pieces + 2);
      expect(repeated(endpoint.asked)).to.deep.equal([3]);
    });

    it("ends after the tries of one piece, and what it proved until then stands and is not asked for again", async () => {
      const endpoint = unsteady(pieces + 1, Infinity);
      const proofs = proofsOf(endpoint);
      expect(await errorOf(proofs.look(wanted(), head))).to.be.instanceOf(RpcUnanswered);
      expect(endpoint.asked).to.have.length(pieces + 1 + tries);
      for (const { number } of wanted()) expect(proofs.of(number)).to.include({ by: "mint" });
      const before = endpoint.asked.length;
      expect(await proofs.look(wanted(), head)).to.equal(0);
      expect(endpoint.asked).to.have.length(before);
    });
  });

  it("that a service catches up with goes on where it was at its next look", async () => {
    const storePath = join(world.root, "catching-up.db");
    await issueOffline(world, listOf(1, 50), storePath);
    const endpoint = unsteady(pieces + 1, tries);
    const clock = { now: () => systemClock.now(), pause: (ms: number) => endpoint.clock.pause(ms) };
    await using mintd = await world.open({ storePath, rpc: endpoint.rpc, clock });
    expect(endpoint.asked, "adopted").to.have.length(pieces);
    expect(await errorOf(mintd.confirmations.step())).to.be.instanceOf(RpcUnanswered);
    const read = endpoint.asked[pieces];
    const before = endpoint.asked.length;
    expect(await mintd.confirmations.step()).to.equal(true);
    const rest = endpoint.asked.slice(before);
    expect(rest).to.have.length.of.at.least(pieces - 1);
    expect(rest).to.not.include(read);
    expect(world.troubles).to.deep.equal([]);
  });
});
