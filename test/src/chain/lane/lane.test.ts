import { expect } from "chai";
import { AccountNonces, Lane, type LaneNotice, type Rpc, type RpcCall, type RpcOutcome } from "../../../../src/chain/index.ts";
import { emptyLane, evolveLane, type LaneEvent, readLane } from "../../../../src/chain/lane/lane-ledger.ts";
import { systemClock } from "../../../../src/clock.ts";
import type { OrderBook } from "../../../../src/order/index.ts";
import { Secret } from "../../../../src/secret.ts";
import type { EventStore, StreamWrite } from "../../../../src/store/index.ts";
import { nativeSigner } from "../../../../src/voucher/index.ts";
import { eventually } from "../../../eventually.ts";
import { openBook, StoreFolder, storeWith } from "../../order/books.ts";
import { idOf, requestFor } from "../../order/orders.ts";

const attempt = (nonce: number) => ({
  nonce,
  hash: idOf(nonce),
  raw: `0x0${nonce}`,
  gasLimit: 1,
  maxFeePerGas: "2",
  maxPriorityFeePerGas: "1",
  orderIds: [idOf(500 + nonce)],
});

describe("A lane's ledger", () => {
  it("gives the next nonce, the open attempts without their bytes, and the sums", () => {
    const settled = { nonce: 7, hash: idOf(7), block: 9, gasUsed: 100, succeeded: true };
    const events: LaneEvent[] = [
      { kind: "opened", data: { nonce: 7 } },
      { kind: "attempted", data: attempt(7) },
      { kind: "attempted", data: attempt(8) },
      { kind: "attempted", data: attempt(9) },
      { kind: "settled", data: settled },
      { kind: "displaced", data: { nonce: 8, hash: idOf(8) } },
    ];
    const lane = events.reduce(evolveLane, emptyLane());
    const { raw: _, ...open } = attempt(9);
    expect(lane.nextNonce).to.equal(10);
    expect([...lane.open.values()]).to.deep.equal([{ nonce: 9, attempts: [{ ...open, version: 4 }] }]);
    expect(lane.settled).to.deep.equal({ transactions: 1, gasUsed: 100 });
    expect(lane.version).to.equal(6);
  });

  it("opened again behind somebody else's transactions goes on there, and keeps its open attempts", () => {
    const events: LaneEvent[] = [
      { kind: "opened", data: { nonce: 0 } },
      { kind: "attempted", data: attempt(0) },
      { kind: "opened", data: { nonce: 5 } },
    ];
    const lane = events.reduce(evolveLane, emptyLane());
    expect(lane.nextNonce).to.equal(5);
    expect([...lane.open.keys()]).to.deep.equal([0]);
  });
});

describe("A lane", () => {
  let folder: StoreFolder;
  let store: EventStore;
  let appends: (readonly StreamWrite[])[];
  let book: OrderBook;
  let troubles: unknown[];
  let notices: LaneNotice[];

  beforeEach(async () => {
    folder = await StoreFolder.make();
    const real = await folder.open();
    appends = [];
    troubles = [];
    notices = [];
    store = storeWith(real, {
      append(writes) {
        appends.push(writes);
        return real.append(writes);
      },
    });
    book = await openBook(store);
    await book.request([requestFor(1), requestFor(2)]);
  });

  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  const signer = nativeSigner(new Secret(`0x${"11".repeat(32)}`));

  /** A node that says what `answers` say. */
  async function open(answers: Readonly<Record<string, (params: readonly unknown[]) => unknown>>): Promise<Lane> {
    const rpc: Rpc = {
      request: <T>(method: string, params: readonly unknown[]) =>
        Promise.resolve((answers[method]?.(params) ?? (method === "eth_getTransactionCount" ? "0x0" : null)) as T),
      each: <T>(calls: readonly RpcCall[]) =>
        Promise.all(
          calls.map(async ({ method, params }): Promise<RpcOutcome<T>> => ({ ok: true, value: await rpc.request<T>(method, params) })),
        ),
    };
    const onFatal = (error: unknown) => void troubles.push(error);
    const lane = await Lane.open({
      store,
      book,
      rpc,
      signer,
      chainId: 1,
      network: "test",
      mostInFlight: 64,
      firstInFlight: 16,
      nonces: new AccountNonces(rpc, systemClock),
      clock: systemClock,
      notify: (notice) => void notices.push(notice),
      onFatal,
      reach: () => undefined,
    });
    await lane.openAt(0);
    return lane;
  }

  const work = {
    orderIds: [idOf(1), idOf(2)],
    to: signer.address,
    data: "0x",
    gasLimit: 100_000,
    fees: { maxFeePerGas: 2n, maxPriorityFeePerGas: 1n },
    before: [1, 2].map((n) => ({ orderId: idOf(n), command: { kind: "authorise", voucher: { number: String(n), second: 1 } } as const })),
  };
  const kindsOf = (writes: readonly StreamWrite[] | undefined) => writes?.flatMap(({ events }) => events.map(({ kind }) => kind)).sort();

  it("makes an attempt durable together with its orders, before it sends it", async () => {
    const sent: unknown[] = [];
    const lane = await open({
      eth_sendRawTransaction: ([raw]) => {
        sent.push(raw, kindsOf(appends.at(-1)));
        return "0x";
      },
    });
    await lane.submit([work]);
    await eventually("the broadcast is told", () => book.get(idOf(1))?.kind === "broadcast" || undefined);
    const [stored] = [...(await readLane(store, 1, signer.address)).open.values()];
    expect(stored?.nonce).to.equal(0);
    expect(sent[1]).to.deep.equal(["assigned", "assigned", "attempted", "authorised", "authorised"]);
    await lane.close();
  });

  for (const [status, kinds] of [
    ["0x0", ["failed", "failed", "settled"]],
    ["0x1", ["settled", "unconfirmed", "unconfirmed"]], // nothing in it says what became of them
  ] as const) {
    it(`records the end of an attempt with status ${status} and what it means to its orders in one append`, async () => {
      const block = { blockNumber: "0x5", blockHash: idOf(5), gasUsed: "0x64", to: signer.address, logs: [] };
      const lane = await open({ eth_getTransactionReceipt: ([hash]) => ({ ...block, status, transactionHash: hash }) });
      await lane.submit([work]);
      await eventually("the broadcast is told", () => book.get(idOf(2))?.kind === "broadcast" || undefined);
      const hash = book.get(idOf(1))?.carrier?.hash ?? "";
      lane.mined(hash, 5, idOf(5));
      expect(await lane.ends.settle(4)).to.equal(0);
      expect(await lane.ends.settle(5)).to.equal(1);
      expect(kindsOf(appends.at(-1))).to.deep.equal(kinds);
      expect(lane.state.settled).to.deep.equal({ transactions: 1, gasUsed: 100 });
      await lane.close();
    });
  }

  it("does not close an attempt by a receipt of another block than the one it knows", async () => {
    const block = { blockNumber: "0x5", blockHash: idOf(6), gasUsed: "0x64", to: signer.address, logs: [], status: "0x1" };
    const lane = await open({ eth_getTransactionReceipt: ([hash]) => ({ ...block, transactionHash: hash }) });
    await lane.submit([work]);
    lane.mined(book.get(idOf(1))?.carrier?.hash ?? "", 5, idOf(5));
    expect(await lane.ends.settle(50)).to.equal(0);
    expect(lane.state.open.size).to.equal(1);
    await lane.close();
  });

  it("takes a nonce for lost only when the account has passed it in a final block; the orders are taken back in the same append", async () => {
    let finalCount = "0x0";
    const lane = await open({ eth_getTransactionCount: ([, tag]) => (tag === "latest" ? "0x1" : tag === "0x9" ? finalCount : "0x0") });
    const nonce = lane.nextNonce;
    await lane.submit([work]);
    await eventually("the broadcast is told", () => book.get(idOf(2))?.kind === "broadcast" || undefined);
    const [open_] = [...lane.state.open.values()];
    if (!open_) throw new Error("an attempt is open");
    await lane.ends.displaced(open_, 9);
    expect(lane.state.open.size).to.equal(1);
    finalCount = `0x${(nonce + 1).toString(16)}`;
    await lane.ends.displaced(open_, 9);
    expect(kindsOf(appends.at(-1))).to.deep.equal(["displaced", "unconfirmed", "unconfirmed"]);
    expect(lane.state.open.size).to.equal(0);
    await lane.close();
  });

  it("does not give a nonce up whose own transaction stands in a final block, though the node has no receipt of it", async () => {
    let own = "";
    const transaction = () => ({ hash: own, from: signer.address.toLowerCase(), nonce: "0x0" });
    const lane = await open({
      eth_getTransactionCount: () => "0x1",
      eth_getBlockByNumber: ([number]) => ({ transactions: number === "0x8" ? [transaction()] : [] }),
    });
    await lane.submit([work]);
    await eventually("the broadcast is told", () => book.get(idOf(2))?.kind === "broadcast" || undefined);
    const [nonce] = [...lane.state.open.values()];
    if (!nonce) throw new Error("a nonce is open");
    own = nonce.attempts[0].hash;
    await lane.ends.displaced(nonce, 9);
    expect(lane.state.open.size).to.equal(1);
    own = idOf(77);
    await lane.ends.displaced(nonce, 9);
    expect(lane.state.open.size).to.equal(0);
    expect(notices.at(-1)).to.include({ kind: "displaced", nonce: 0 });
    await lane.close();
  });

  it("goes on behind transactions that it did not send, and never at a lower nonce than its ledger says", async () => {
    const lane = await open({});
    await lane.openAt(7);
    expect(lane.nextNonce).to.equal(7);
    await lane.submit([work]);
    await lane.openAt(2);
    await lane.close();
    const again = await open({});
    expect(again.nextNonce).to.equal(8);
    await again.close();
  });
});
