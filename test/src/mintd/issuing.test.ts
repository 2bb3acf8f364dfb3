import { expect } from "chai";
import { Interface } from "ethers";
import { type CancellationParts, encodeCancel, type SentTransaction, type WordToCancel } from "../../../src/chain/index.ts";
import { byWord, cancellableOrders, cancellableWord, expiredVouchers, mergeWords } from "../../../src/issue/index.ts";
import { requestOf } from "../../../src/list/mint-list.ts";
import type { Mintd } from "../../../src/mintd.ts";
import { orderStream } from "../../../src/order/index.ts";
import { encodeRedeem, encodeRedeemMany, type SignedVoucher } from "../../../src/voucher/index.ts";
import { eventually } from "../../eventually.ts";
import { collect, failure } from "../store/expectations.ts";
import { cancel as cancelIn, issueOffline as issue, sendAsAdmin, tip, vouchersOf } from "./cancelling.ts";
import { admin, attempts, listOf, minting, send, sent, stranger, until, World } from "./world.ts";

const minterAbi = new Interface(["function redeemed(uint256) view returns (bool)"]);

describe("Vouchers that were issued offline", function () {
  this.timeout(180_000);
  let world: World;
  const rows = listOf(500);

  beforeEach(async () => (world = await World.begin()));
  afterEach(() => world.end());

  const issueOffline = (count: number): Promise<SignedVoucher[]> => issue(world, rows.slice(0, count));
  const cancel = (mintd: Mintd, words: readonly WordToCancel[], parts: Partial<CancellationParts> = {}) =>
    cancelIn(world, mintd, words, parts);

  const redeemMany = (vouchers: readonly SignedVoucher[]): Promise<string> => {
    const [redemptions, signatures] = [vouchers.map(({ redemption }) => redemption), vouchers.map(({ signature }) => signature)];
    return send(world, stranger, encodeRedeemMany(redemptions, signatures, true));
  };

  const isUsed = async (number: bigint): Promise<boolean> => {
    const call = { to: world.minter, data: minterAbi.encodeFunctionData("redeemed", [number]) };
    return BigInt(await world.anvil.rpc.request<string>("eth_call", [call, "latest"])) === 1n;
  };

  const expire = async (mintd: Mintd): Promise<number> => {
    await world.anvil.rpc.request("evm_increaseTime", [400]);
    await world.anvil.mine();
    await mintd.confirmations.step();
    return mintd.confirmations.tip?.timestamp ?? 0;
  };

  const placeOf = async (hash: string): Promise<{ blockNumber: string; index: number }> => {
    const { blockNumber, transactionIndex } = await world.anvil.rpc.request<{ blockNumber: string; transactionIndex: string }>(
      "eth_getTransactionReceipt",
      [hash],
    );
    return { blockNumber, index: Number(transactionIndex) };
  };

  const kindOf = async (mintd: Mintd, orderId: string): Promise<string> => (await mintd.book.find(orderId)).kind;

  it("are redeemed by a stranger, expire, are reported and cancelled; the service mints none of them itself", async () => {
    const vouchers = await issueOffline(500);
    expect(vouchers).to.have.lengthOf(500);
    await using mintd = await world.open();
    await mintd.start();
    await redeemMany(vouchers.slice(0, 200));
    await until(mintd, "tentative", 200);
    await world.anvil.mine(40);
    await world.anvil.mineWhile(mintd.minting.idle());
    expect(await world.minted()).to.have.members(vouchers.slice(0, 200).map(({ redemption }) => redemption.orderId));
    expect(expiredVouchers(mintd.book, await tip(world))).to.deep.equal([]);

    const words = expiredVouchers(mintd.book, await expire(mintd));
    expect(words.flatMap(({ numbers }) => numbers)).to.deep.equal(vouchers.slice(200).map(({ redemption }) => redemption.txCount));
    const done = await world.anvil.mineWhile(cancel(mintd, words), 8);
    for (const each of done) expect(each.cancelled).to.equal(each.mask);
    expect(done.flatMap(({ sent }) => sent)).to.have.lengthOf(words.length);
    expect(mintd.book.openCount).to.equal(0);
    for (const { redemption } of vouchers.slice(200, 203)) {
      expect(await isUsed(redemption.txCount)).to.equal(true);
      const events = await collect(mintd.store.read(orderStream(redemption.orderId)));
      expect(events.at(-1)).to.deep.include({ kind: "rejected" });
      expect((events.at(-1)?.data as { code: string }).code).to.equal("VOUCHER_CANCELLED");
    }
    expect(await attempts(world)).to.deep.equal([]);
    expect(await world.minted()).to.have.lengthOf(200);
    const last = rows.slice(-1).map((row) => requestOf(row, "default"));
    const [again] = await collect(mintd.issuer.issue(last, { renew: true, from: mintd.confirmations.tip?.timestamp ?? 0 }));
    expect(again?.outcome).to.equal("rejected");
  });

  for (const [first, fee] of [
    ["redeemed", 10_000_000_000n],
    ["cancelled", 200_000_000_000n],
  ] as const) {
    it(`that are redeemed and cancelled in one block, ${first} first, end as ${first === "redeemed" ? "minted" : "rejected"}`, async () => {
      const vouchers = await issueOffline(3);
      await using mintd = await world.open(); // not started: it has not seen the mint when it closes orders
      const orders = [...mintd.book.open()];
      await world.anvil.rpc.request("evm_setAutomine", [false]);
      const [raced] = vouchers;
      if (!raced) throw new Error("three vouchers were issued");
      const { orderId, txCount } = raced.redemption;
      const theirs = await send(world, stranger, encodeRedeem(raced.redemption, raced.signature));
      const sent = Promise.withResolvers<string>();
      const cancelling = cancel(mintd, cancellableOrders(orders), {
        async send(data) {
          const transaction = await sendAsAdmin(world, data, { fee });
          sent.resolve(transaction.hash);
          return transaction;
        },
      });
      const ours = await sent.promise;
      await world.anvil.mine();
      expect(await placeOf(theirs)).to.deep.include({
        blockNumber: (await placeOf(ours)).blockNumber,
        index: first === "redeemed" ? 0 : 1,
      });
      const [done] = await world.anvil.mineWhile(cancelling, 4);
      expect(await kindOf(mintd, orderId)).to.equal(first === "cancelled" ? "rejected" : "authorised");
      await mintd.start();
      await world.anvil.mineWhile(mintd.minting.idle());
      const isCancelled = (((done?.cancelled ?? 0n) >> (txCount & 0xffn)) & 1n) === 1n;
      expect(isCancelled).to.equal(first === "cancelled");
      expect(await kindOf(mintd, orderId)).to.equal(first === "cancelled" ? "rejected" : "final");
      for (const { redemption } of vouchers.slice(1)) expect(await kindOf(mintd, redemption.orderId)).to.equal("rejected");
      expect(await world.minted()).to.deep.equal(first === "cancelled" ? [] : [orderId]);
    });
  }

  it("are cancelled by the run after one that died at any point, with nothing sent twice", async () => {
    await issueOffline(20);
    let words: WordToCancel[] = [];
    const dying = { send: (): Promise<SentTransaction> => Promise.reject(new Error("died before it sent")) };
    const sentAndDied = {
      async send(data: string): Promise<SentTransaction> {
        await sendAsAdmin(world, data);
        throw new Error("died when it had sent");
      },
    };
    const dyingLater = {
      onProgress({ blocksLeft }: { blocksLeft: number }) {
        if (blocksLeft > 0) throw new Error("died while it waited");
      },
    };
    for (const parts of [dying, sentAndDied, dyingLater]) {
      await using mintd = await world.open();
      words = byWord([...mintd.book.open()]);
      const outcome = await cancel(mintd, words, parts).catch((error: unknown) => error);
      expect(String(outcome)).to.contain("died");
      expect(mintd.book.openCount).to.equal(20);
    }
    await using mintd = await world.open();
    const done = await world.anvil.mineWhile(cancel(mintd, words, dying), 8);
    expect(done.map(({ cancelled, sent }) => [cancelled, sent])).to.deep.equal(words.map(({ mask }) => [mask, []]));
    expect(mintd.book.openCount).to.equal(0);
    const nothing = await world.anvil.mineWhile(cancel(mintd, words, dying), 8);
    expect(nothing.map(({ cancelled }) => cancelled)).to.deep.equal(words.map(({ mask }) => mask));
  });

  it("are not closed by a cancellation that a reorg took back: it is sent again", async () => {
    const [voucher] = await issueOffline(1);
    await using mintd = await world.open();
    const words = byWord([...mintd.book.open()]);
    let reorganised = false;
    const sent: string[] = [];
    const cancelling = cancel(mintd, words, {
      async send(data) {
        const transaction = await sendAsAdmin(world, data);
        sent.push(transaction.hash);
        return transaction;
      },
      onProgress({ blocksLeft }) {
        if (blocksLeft === 0 || reorganised) return;
        reorganised = true;
        void world.anvil.reorg(1);
      },
    });
    await eventually("the reorg", () => reorganised || undefined);
    await world.anvil.mineWhile(cancelling, 4);
    expect(sent).to.have.lengthOf(2);
    expect(await isUsed(voucher?.redemption.txCount ?? 0n)).to.equal(true);
    expect(mintd.book.openCount).to.equal(0);
  });

  it("are cancelled only where they were issued here and are not on their way, unless foreign ones are asked for", async () => {
    const [voucher] = await issueOffline(2);
    const number = voucher?.redemption.txCount ?? 0n;
    await using mintd = await world.open();
    const one = { word: number >> 8n, mask: 1n << (number & 0xffn), used: 0n, foreign: false, isOwn: false };
    expect(cancellableWord(mintd.book, one)).to.deep.include({ numbers: [number], orderIds: [voucher?.redemption.orderId] });
    const wider = { ...one, mask: one.mask | (1n << 200n) };
    expect(() => cancellableWord(mintd.book, wider))
      .to.throw()
      .with.property("code", "NOT_CANCELLABLE");
    expect(cancellableWord(mintd.book, { ...wider, foreign: true })).to.deep.include({ mask: wider.mask, numbers: [number] });
    expect(cancellableWord(mintd.book, { ...wider, used: 1n << 200n })).to.deep.include({ mask: wider.mask });
    // The other numbers of the word are this store's to give out: a voucher that gets one later must not be void already.
    expect(() => cancellableWord(mintd.book, { ...wider, foreign: true, isOwn: true }))
      .to.throw("could never be redeemed")
      .with.property("code", "NOT_CANCELLABLE");
    expect(cancellableWord(mintd.book, { ...one, isOwn: true })).to.deep.include({ numbers: [number] });
    expect(cancellableWord(mintd.book, { ...wider, isOwn: true, used: 1n << 200n })).to.deep.include({ mask: wider.mask });
    const carrier = { lane: mintd.lanes.addresses[0] ?? "", nonce: 9, hash: `0x${"ab".repeat(32)}` };
    const orderId = voucher?.redemption.orderId ?? "";
    const order = mintd.book.get(orderId);
    await mintd.book.execute([{ orderId, command: { kind: "assign", carrier } }]);
    expect(() => cancellableWord(mintd.book, { ...one, foreign: true }))
      .to.throw()
      .with.property("code", "NOT_CANCELLABLE");
    expect(() => cancellableOrders([...mintd.book.open()]))
      .to.throw()
      .with.property("code", "NOT_CANCELLABLE");
    expect(order?.kind).to.equal("authorised");
  });

  it("and numbers of others in one word are cancelled together, none of ours forgotten", () => {
    const orders = (...numbers: bigint[]) => ({ numbers, orderIds: numbers.map((number) => `order ${number}`) });
    const words = [
      { word: 1n, mask: 0b1001n, ...orders(256n, 259n) },
      { word: 2n, mask: 1n, ...orders(512n) },
      { word: 1n, mask: 0b0110n, ...orders(257n) },
    ];
    expect(mergeWords(words)).to.deep.equal([{ word: 1n, mask: 0b1111n, ...orders(256n, 257n, 259n) }, words[1]]);
  });

  it("are left open when the account may not cancel", async () => {
    await issueOffline(1);
    await using mintd = await world.open();
    const asStranger = { send: (data: string) => sent(world, stranger, data) };
    await failure("CANCELLATION_REVERTED", cancel(mintd, byWord([...mintd.book.open()]), asStranger));
    expect([...mintd.book.open()].map(({ kind }) => kind)).to.deep.equal(["authorised"]);
  });
});

describe("A service that issues vouchers while it mints", function () {
  this.timeout(180_000);
  let world: World;

  beforeEach(async () => (world = await World.begin()));
  afterEach(() => world.end());

  it("mints its list, leaves the vouchers to their holders, and recognises what they redeem", async () => {
    await using mintd = await world.open();
    await mintd.start();
    await mintd.confirmations.step();
    const list = listOf(30, 10_000);
    const minted = minting(mintd, list);
    const requests = Array.from({ length: 2_000 }, (_, i) =>
      requestOf({ line: 1, id: `gift-${i}`, to: stranger.address, quantity: 1, uri: "" }, "default"),
    );
    const vouchers = vouchersOf(await collect(mintd.issuer.issue(requests, { from: mintd.confirmations.tip?.timestamp ?? 0 })));
    expect(vouchers).to.have.lengthOf(2_000);
    const [redeemed] = vouchers;
    if (!redeemed) throw new Error("2,000 vouchers were issued");
    await send(world, stranger, encodeRedeem(redeemed.redemption, redeemed.signature));
    expect(await world.anvil.mineWhile(minted, 2)).to.include({ rows: 30, final: 30 });
    await world.anvil.mine(40);
    await world.anvil.mineWhile(mintd.minting.idle());
    const ids = list.map((row) => requestOf(row, "default").orderId);
    expect((await attempts(world)).flatMap(({ orderIds }) => orderIds)).to.have.members(ids);
    expect(await world.minted()).to.have.members([...ids, redeemed.redemption.orderId]);
    expect(mintd.book.openCount).to.equal(1_999);
  });
});

describe("A service with as many vouchers out as may be", function () {
  this.timeout(60_000);
  let world: World;

  beforeEach(async () => (world = await World.begin()));
  afterEach(() => world.end());

  it("mints its list all the same, and refuses one more voucher by name", async () => {
    await using mintd = await world.open({ settings: { orders: { maxOpen: 40, maxIssued: 100 } } });
    await mintd.start();
    const requests = listOf(101, 10_000).map((row) => requestOf(row, "default"));
    const from = mintd.confirmations.tip?.timestamp ?? 0;
    expect(vouchersOf(await collect(mintd.issuer.issue(requests.slice(0, 100), { from })))).to.have.lengthOf(100);
    expect(await world.anvil.mineWhile(minting(mintd, listOf(90)), 4)).to.include({ rows: 90, final: 90 });
    const refused = await failure("TOO_MANY_ISSUED_VOUCHERS", collect(mintd.issuer.issue(requests, { from })));
    expect(refused.hint).to.contain("voucher:cancel --expired").and.contain("orders.maxIssued");
    expect(mintd.book.openCount).to.equal(100);
  });
});

describe("A service whose chain makes no block", function () {
  this.timeout(60_000);
  let world: World;

  beforeEach(async () => (world = await World.begin()));
  afterEach(() => world.end());

  it("takes no voucher for live by the old block: the window passes, and no new one is issued for it", async () => {
    await using mintd = await world.open();
    await mintd.start();
    const tip = mintd.confirmations.tip?.timestamp ?? 0;
    const from = tip - 296; // by the block alone it would hold for ever
    const [request, other] = listOf(2).map((row) => requestOf(row, "default"));
    if (!request || !other) throw new Error("a list of two rows has two");
    await mintd.issuer.issueOne(request, { from });
    const outcome = async () => (await collect(mintd.issuer.issue([request])))[0]?.outcome;
    await eventually("its window has passed", async () => (await outcome()) === "expired" || undefined);
    await failure("WINDOW_OUT_OF_RANGE", mintd.issuer.issueOne(other, { from }));
    expect(mintd.confirmations.tip?.timestamp).to.equal(tip);
    expect(mintd.book.get(other.orderId)).to.equal(undefined);
  });
});

describe("An order that the service mints and whose number is cancelled on chain in the same block", function () {
  this.timeout(180_000);
  let world: World;

  beforeEach(async () => (world = await World.begin()));
  afterEach(() => world.end());

  it("is rejected when that is final, is never minted, and holds up nothing", async () => {
    await using mintd = await world.open();
    await mintd.start();
    await world.anvil.rpc.request("evm_setAutomine", [false]);
    const rows = listOf(3);
    const minted = minting(mintd, rows);
    await until(mintd, "broadcast", 3);
    const [victim] = [...mintd.book.open()];
    const number = BigInt(victim?.voucher?.number ?? 0);
    await send(world, admin, encodeCancel(number >> 8n, 1n << (number & 0xffn)));
    const report = await world.anvil.mineWhile(minted, 4);
    expect(report).to.include({ rows: 3, final: 2, rejected: 1 });
    const events = await collect(mintd.store.read(orderStream(victim?.request.orderId ?? "")));
    expect(events.at(-1)?.kind).to.equal("rejected");
    expect((events.at(-1)?.data as { code: string }).code).to.equal("VOUCHER_CANCELLED");
    expect(await world.minted())
      .to.have.lengthOf(2)
      .and.not.include(victim?.request.orderId);
  });
});
