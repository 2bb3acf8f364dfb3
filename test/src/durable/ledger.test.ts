import { expect } from "chai";
import { type Rpc, RpcUnanswered } from "../../../src/chain/rpc/rpc.ts";
import { type DurableNotice, LaneNonces, type LaneNoncesParts } from "../../../src/durable/index.ts";
import type { EventStore, StreamWrite } from "../../../src/store/index.ts";
import { Random } from "../../chaos/random.ts";
import { failure } from "../store/expectations.ts";
import { MemoryStore } from "../nonce/memory-store.ts";
import { SimulatedNode } from "./simulation/node.ts";
import { chainId, contentTo, kit, ours, transfer } from "./simulation/transactions.ts";

const to = "0x0000000000000000000000000000000000000001";
const sending = { key: "order-1", content: contentTo(to), sign: (nonce: number) => Promise.resolve(transfer(nonce, to)) };
const clock = { now: () => 0, pause: () => new Promise<void>(setImmediate) };
const nothing = (): void => undefined;

function open(
  store: EventStore,
  rpc: Rpc,
  notify: (notice: DurableNotice) => void = nothing,
  more: Partial<LaneNoncesParts> = {},
): Promise<LaneNonces> {
  return LaneNonces.open({ store, rpc, chainId, address: ours, kit, clock, pollMs: 1_000, finality: "depth", notify, ...more });
}

/** A node with so many blocks; those of another fork have other hashes. */
function nodeOf(blocks: number, fork = 0): SimulatedNode {
  const node = new SimulatedNode(new Random(1), nothing);
  for (let i = 0; i < fork; i++) node.reorg(0, false);
  for (let i = 0; i < blocks; i++) node.mine(0);
  return node;
}

/** The calls go to whatever node is named last. */
class Endpoint implements Rpc {
  node: Rpc;

  constructor(node: Rpc) {
    this.node = node;
  }

  request<T>(...call: Parameters<Rpc["request"]>): Promise<T> {
    return this.node.request<T>(...call);
  }

  each: Rpc["each"] = (calls) => this.node.each(calls);
}

describe("LaneNonces over what was recorded and what a node says", () => {
  it("finds the bytes of keys whose events do not say yet where they are", async () => {
    const store = new MemoryStore();
    const early = new Proxy(store, {
      get(target, name) {
        const value: unknown = Reflect.get(target, name);
        if (name !== "append") return typeof value === "function" ? (value.bind(target) as unknown) : value;
        const without = (writes: readonly StreamWrite[]): StreamWrite[] =>
          writes.map((write) => ({
            ...write,
            events: write.events.map(({ kind, data }) => {
              const { version: _, ...rest } = data as Record<string, string>;
              return { kind, data: rest };
            }),
          }));
        return (writes: readonly StreamWrite[]) => target.append(without(writes));
      },
    });
    const node = nodeOf(1);
    const first = await open(early, node);
    await first.send({ ...sending, key: "order-0" });
    const { hash, raw } = await first.send(sending);
    const next = await open(store, node);
    expect(await next.recorded("order-1")).to.deep.include({ hash, raw });
    for (let blocks = 0; blocks < 40; blocks++) node.mine(2);
    await first.settled();
    await Promise.all([first.close(), next.close()]);
    const last = await open(store, node);
    expect(await last.recorded("order-1"), "also when it is final").to.deep.include({ hash, raw });
    expect((await last.included({ key: "order-1" }))?.hash).to.equal(hash);
    await last.close();
  });

  it("says where a transaction is, what it took, and whether a reorg may still take it away", async () => {
    const node = nodeOf(3);
    const reorg = Promise.withResolvers<undefined>();
    const store = new MemoryStore();
    const lane = await open(store, node, ({ kind }) => {
      if (kind === "reorg") reorg.resolve(undefined);
    });
    const sent = await lane.send(sending);
    expect([await lane.found(sent), lane.pending()[0]?.fees]).to.deep.equal([undefined, { maxFeePerGas: 100n, maxPriorityFeePerGas: 10n }]);
    node.mine(1);
    const came = { hash: sent.hash, gasUsed: 21_000, succeeded: true };
    expect(await lane.included(sent)).to.deep.equal({ ...came, block: 4, blockHash: "0xb4f0", isFinal: false });
    node.reorg(1, false);
    await reorg.promise;
    expect(await lane.found(sent)).to.equal(undefined);
    while (!node.mined.includes(sent.raw)) {
      node.mine(1);
      await clock.pause();
    }
    const { block } = (await lane.included(sent)) ?? {};
    for (let blocks = 0; blocks < 40; blocks++) node.mine(0);
    await lane.settled();
    const final = { ...came, block, blockHash: undefined, isFinal: true };
    expect(await lane.found({ key: "order-1" })).to.deep.equal(final);
    await lane.close();
    const next = await open(store, node);
    expect(await next.found(sent), "in the next process").to.deep.equal(final);
    await next.close();
  });

  it("lets go, where it is told to, of work whose nonce another transaction has for good, and sends nothing anew", async () => {
    const node = nodeOf(50);
    const lane = await open(new MemoryStore(), node, nothing, { displaced: "let go" });
    const first = await lane.send(sending);
    node.foreign((nonce) => transfer(nonce, "0x00000000000000000000000000000000000000ff"));
    node.mine(1);
    for (let blocks = 0; blocks < 30; blocks++) node.mine(0);
    const gone = failure("TRANSACTION_CANCELLED", lane.included(first));
    for (let looks = 0; looks < 20; looks++) await clock.pause();
    expect(await lane.found(first), "not before it is final").to.equal(undefined);
    for (let blocks = 0; blocks < 10; blocks++) node.mine(1);
    await gone;
    expect([lane.pending(), node.mined.length, await lane.recorded("order-1")]).to.deep.equal([[], 1, undefined]);
    await lane.close();
  });

  it("tells of a receipt that cannot be read, and finds it when it can", async () => {
    const node = nodeOf(1);
    const endpoint = new Endpoint(node);
    const told = Promise.withResolvers<unknown>();
    let unreadable = true;
    endpoint.each = async (calls) => {
      const outcomes = await node.each<never>(calls);
      return outcomes.map((outcome, i) =>
        unreadable && calls[i]?.method === "eth_getTransactionReceipt"
          ? { ok: false, error: new RpcUnanswered("eth_getTransactionReceipt", "the node", "nothing") }
          : outcome,
      );
    };
    const lane = await open(new MemoryStore(), endpoint, (notice) => {
      if (notice.kind === "trouble") told.resolve(notice.error);
    });
    const sent = await lane.send(sending);
    node.mine(1);
    expect(await told.promise).to.have.property("code", "RPC_UNANSWERED");
    expect(await lane.found(sent)).to.equal(undefined);
    unreadable = false;
    expect((await lane.included(sent))?.hash).to.equal(sent.hash);
    await lane.close();
  });

  it("tells by the first hash of work that had to find another nonce when a block has it, and not when that is final", async () => {
    const node = nodeOf(50);
    const displaced = Promise.withResolvers<undefined>();
    const lane = await open(new MemoryStore(), node, ({ kind }) => {
      if (kind === "displaced") displaced.resolve(undefined);
    });
    const first = await lane.send(sending);
    node.foreign((nonce) => transfer(nonce, "0x00000000000000000000000000000000000000ff"));
    node.mine(1);
    for (let blocks = 0; blocks < 40; blocks++) node.mine(0);
    await displaced.promise;
    const including = lane.included(first);
    const mining = setInterval(() => {
      if (node.mined.length < 2) node.mine(1); // it is in the pool soon
    });
    const included = await including.finally(() => {
      clearInterval(mining);
    });
    expect(lane.pending().map(({ hashes }) => hashes)).to.deep.equal([[included?.hash]]);
    expect(included?.hash).to.not.equal(first.hash);
    await lane.close();
  });

  it("believes that final blocks are gone when several looks say so, and not one", async () => {
    const [node, other] = [nodeOf(50), nodeOf(60, 1)];
    const endpoint = new Endpoint(node);
    const notices: DurableNotice[] = [];
    const heard = Promise.withResolvers<undefined>();
    const lane = await open(new MemoryStore(), endpoint, (notice) => {
      notices.push(notice);
      if (notice.kind !== "trouble" && notice.kind !== "stopped") return;
      if (notices.filter(({ kind }) => kind === "trouble").length === 1) endpoint.node = node; // one answer was another chain's
      heard.resolve(undefined);
    });
    await lane.send(sending);
    node.mine(1);
    await lane.included({ key: "order-1" });
    endpoint.node = other;
    await heard.promise;
    await lane.send({ ...sending, key: "order-2" });
    node.mine(1);
    await lane.included({ key: "order-2" });
    expect(notices.map(({ kind }) => kind)).to.not.include("stopped");
    endpoint.node = other;
    const { hint } = await failure("FINAL_BLOCKS_LOST", lane.settled());
    expect(hint).to.not.contain("npm start");
    await lane.close();
  });
});
