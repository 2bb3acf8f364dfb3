import { expect } from "chai";
import fc from "fast-check";
import { BatchMaker, mintGasOf } from "../../../src/chain/index.ts";
import { MintdError } from "../../../src/error.ts";
import {
  expiredVouchers,
  inline,
  type Issued,
  Issuer,
  type IssuerParts,
  keyInBatch,
  newBatchId,
  requestsOfBatch,
  SigningPool,
} from "../../../src/issue/index.ts";
import type { Issuing } from "../../../src/mintd.ts";
import { DrawnNumbers, type OrderBook, type OrderCommand } from "../../../src/order/index.ts";
import { nativeSigner, recoverVoucher } from "../../../src/voucher/index.ts";
import { collect, failure } from "../store/expectations.ts";
import { issue, IssuingFolder, key, minter, numbers, outcomes, requestOf, requests, vouchers } from "./issuings.ts";

class ClockUncertain extends MintdError {
  readonly code = "CLOCK_UNCERTAIN";
  constructor() {
    super("the clock is not disciplined", { hint: "wait" });
  }
}

describe("Issuing vouchers", function () {
  this.timeout(90_000);
  let folder: IssuingFolder;
  let issuing: Issuing;

  const again = async (options?: Parameters<IssuingFolder["open"]>[0]): Promise<void> => {
    await issuing.close();
    issuing = await folder.open(options);
  };
  const events = async (): Promise<number> => issuing.store.head();
  /** An issuer over the same orders, with some of its parts replaced. */
  const issuerOf = (parts: Partial<IssuerParts>): Issuer =>
    new Issuer({
      book: issuing.book,
      numbers: { reserve: (count) => Promise.resolve(Array.from({ length: count }, (_, i) => BigInt(i))) },
      signer: inline(nativeSigner(key)),
      domain: issuing.issuer.domain,
      clock: folder.seconds,
      ...parts,
    });
  const bookWith = (book: OrderBook, replaced: Partial<IssuerParts["book"]>): IssuerParts["book"] => ({
    issue: (all, bind) => book.issue(all, bind),
    execute: (told) => book.execute(told),
    get: (orderId) => book.get(orderId),
    countNew: (orderIds) => book.countNew(orderIds),
    ...{ issueRoom: 10, maxIssued: 10 },
    ...replaced,
  });
  const carrier = { lane: "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", nonce: 3, hash: `0x${"ab".repeat(32)}` };

  beforeEach(async () => {
    folder = await IssuingFolder.make();
    issuing = await folder.open();
  });
  afterEach(async () => {
    await issuing.close();
    await folder.remove();
  });

  it("gives each request a voucher in the order of the requests, with dense numbers, signed by the key", async () => {
    const all = requests(700);
    const issued = await issue(issuing, all);
    expect(issued.map(({ orderId }) => orderId)).to.deep.equal(all.map(({ orderId }) => orderId));
    expect(new Set(outcomes(issued))).to.deep.equal(new Set(["issued"]));
    const given = numbers(issued);
    expect(given).to.deep.equal(given.map((_, i) => (given[0] ?? 0n) + BigInt(i)));
    for (const voucher of vouchers(issued)) {
      expect(recoverVoucher(voucher)).to.equal(issuing.issuer.address);
      expect(voucher.redemption.alignedSecond).to.equal(folder.seconds.now);
    }
  });

  it("asked again gives the same vouchers to the byte, also after a restart and later in their window", async () => {
    const all = requests(300);
    const first = await issue(issuing, all);
    folder.seconds.now += 300;
    expect(vouchers(await issue(issuing, all))).to.deep.equal(vouchers(first));
    await again({ signer: new SigningPool({ key, threads: 1 }) });
    const repeated = await issue(issuing, all.toReversed());
    expect(vouchers(repeated).toReversed()).to.deep.equal(vouchers(first));
    expect(new Set(outcomes(repeated))).to.deep.equal(new Set(["repeated"]));
  });

  it("writes an order and its number in one append, and nothing for a repeated request", async () => {
    await issue(issuing, requests(10));
    const before = await events();
    await issue(issuing, requests(10));
    expect(await events()).to.equal(before);
    for await (const { kind, version } of issuing.store.read(`order/${requestOf("key-3").orderId}`))
      expect(kind).to.equal(version === 1 ? "requested" : "authorised");
  });

  it("records a voucher before it leaves: an append that fails hands out none, and the next try gives numbers of its own", async () => {
    const iterator = issuing.issuer.issue(requests(1_000))[Symbol.asyncIterator]();
    const first = await iterator.next();
    expect(first.done).to.equal(false);
    const order = await issuing.book.find(requestOf("key-0").orderId);
    expect(order.kind).to.equal("authorised");
    await issuing.store.close();
    let handedOut = 1;
    const error = await (async () => {
      for (;;) {
        const next = await iterator.next();
        if (next.done) return undefined;
        handedOut++;
      }
    })().catch((reason: unknown) => reason);
    expect(error).to.be.instanceOf(MintdError);
    issuing = await folder.open();
    const repeated = await issue(issuing, requests(1_000));
    expect(outcomes(repeated).slice(0, handedOut)).to.deep.equal(Array<string>(handedOut).fill("repeated"));
    expect(new Set(numbers(repeated)).size).to.equal(1_000);
  });

  it("reports a voucher whose window has passed, and renews it only when asked, under the same number", async () => {
    const [old] = await issue(issuing, [requestOf("a")]);
    folder.seconds.now += 301;
    const [reported] = await issue(issuing, [requestOf("a")]);
    expect(reported).to.deep.include({ outcome: "expired", second: folder.seconds.now - 301 });
    await failure("VOUCHER_NOT_ISSUED", issuing.issuer.issueOne(requestOf("a")));
    const [renewed] = await issue(issuing, [requestOf("a")], { renew: true });
    expect(renewed?.outcome).to.equal("renewed");
    expect(numbers(renewed ? [renewed] : [])).to.deep.equal(numbers(old ? [old] : []));
    expect(vouchers(renewed ? [renewed] : [])[0]?.redemption.alignedSecond).to.equal(folder.seconds.now);
    expect(outcomes(await issue(issuing, [requestOf("a")], { renew: true }))).to.deep.equal(["repeated"]);
  });

  it("says of each request what stands in its way, and issues the others", async () => {
    const { book } = issuing;
    await book.request(["accepted", "sent", "minted", "refused"].map((name) => requestOf(name)));
    const tell = (name: string, ...commands: Parameters<typeof book.execute>[0][number]["command"][]) =>
      book.execute(commands.map((command) => ({ orderId: requestOf(name).orderId, command })));
    await tell("sent", { kind: "authorise", voucher: { number: "900000", second: 1 } }, { kind: "assign", carrier });
    const inclusion = { block: 5, blockHash: `0x${"cd".repeat(32)}`, txHash: carrier.hash, firstTokenId: "1" };
    await tell("minted", { kind: "include", inclusion });
    await tell("refused", { kind: "reject", code: "RECIPIENT_REFUSES", reason: "it refuses" });
    await issue(issuing, [requestOf("other")]);
    const names = ["accepted", "sent", "minted", "refused", "other", "fresh"];
    const issued = await issue(issuing, [
      ...names.map((name) => requestOf(name, name === "other" ? { quantity: 2 } : {})),
      requestOf("fresh"),
    ]);
    expect(outcomes(issued)).to.deep.equal(["issued", "underway", "minted", "rejected", "conflict", "issued", "repeated"]);
    expect(issued[3]).to.deep.include({ reason: "it refuses" });
    expect(vouchers(issued)[1]).to.deep.equal(vouchers(issued)[2]);
    await failure("IDEMPOTENCY_CONFLICT", issuing.issuer.issueOne(requestOf("other", { quantity: 2 })));
    for (const name of ["sent", "minted", "refused"]) await failure("VOUCHER_NOT_ISSUED", issuing.issuer.issueOne(requestOf(name)));
  });

  it("refuses what it cannot do before anything is written", async () => {
    const before = await events();
    const { now } = folder.seconds;
    await failure("ISSUE_SIZE_OUT_OF_RANGE", issue(issuing, []));
    await failure("ISSUE_SIZE_OUT_OF_RANGE", issue(issuing, Array<ReturnType<typeof requestOf>>(65_537).fill(requestOf("a"))));
    for (const from of [now - 301, now + 367 * 86_400, 1.5, -1])
      await failure("WINDOW_OUT_OF_RANGE", issue(issuing, requests(1), { from }));
    const bad = [{ to: "0x12" }, { to: `0x${"0".repeat(40)}` }, { quantity: 0 }, { uriDigest: "0x" }];
    for (const each of bad) await failure("INVALID_REDEMPTION", issue(issuing, [...requests(500), requestOf("bad", each)]));
    await again({ settings: { orders: { maxIssued: 300 } } });
    await failure("TOO_MANY_ISSUED_VOUCHERS", issue(issuing, requests(301)));
    await again({
      seconds: {
        second() {
          throw new ClockUncertain();
        },
      },
    });
    await failure("CLOCK_UNCERTAIN", issue(issuing, requests(1)));
    expect(await events()).to.equal(before);
  });

  it("counts an order that was accepted for the service against the room for vouchers, before anything is written", async () => {
    await again({ settings: { orders: { maxIssued: 200 } } });
    await issuing.book.request(requests(201));
    const before = await events();
    await failure("TOO_MANY_ISSUED_VOUCHERS", issue(issuing, requests(201)));
    expect(await events()).to.equal(before);
    expect(new Set(outcomes(await issue(issuing, requests(200))))).to.deep.equal(new Set(["issued"]));
    expect(issuing.book.issueRoom).to.equal(0);
    expect(new Set(outcomes(await issue(issuing, requests(200))))).to.deep.equal(new Set(["repeated"]));
  });

  it("counts no order twice against the room, however often it is in the list", async () => {
    await again({ settings: { orders: { maxIssued: 3 } } });
    await issuing.book.request(requests(1));
    const issued = await issue(issuing, Array.from({ length: 1_100 }, () => requests(3)).flat());
    expect(new Set(vouchers(issued).map(({ redemption }) => redemption.txCount)).size).to.equal(3);
    expect(issued).to.have.lengthOf(3_300);
  });

  it("does not go on with orders accepted for the service where another call took their room meanwhile", async () => {
    const ahead = 8 * 128;
    await again({ settings: { orders: { maxIssued: ahead + 128 } } });
    await issuing.book.request(requests(ahead + 128));
    const iterator = issuing.issuer.issue(requests(ahead + 128))[Symbol.asyncIterator]();
    await iterator.next();
    await issue(issuing, [requestOf("meanwhile")]);
    const rest = async () => {
      while (!(await iterator.next()).done);
    };
    await failure("TOO_MANY_ISSUED_VOUCHERS", rest());
    expect(issuing.book.issueRoom).to.equal(127);
  });

  it("issues for a window that lies ahead", async () => {
    const from = folder.seconds.now + 86_400;
    const issued = await issue(issuing, requests(3), { from });
    expect(vouchers(issued).map(({ redemption }) => redemption.alignedSecond)).to.deep.equal([from, from, from]);
    expect(outcomes(await issue(issuing, requests(3)))).to.deep.equal(["repeated", "repeated", "repeated"]);
  });

  it("gives each order one number, whoever asks for what at the same time", async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.array(fc.array(fc.integer({ min: 0, max: 20 }), { minLength: 1, maxLength: 30 }), { maxLength: 8 }),
        async (calls) => {
          const all = await Promise.all(
            calls.map((keys) =>
              issue(
                issuing,
                keys.map((n) => requestOf(`key-${n}`)),
              ),
            ),
          );
          const byOrder = Map.groupBy(all.flatMap(vouchers), ({ redemption }) => redemption.orderId);
          for (const same of byOrder.values()) for (const voucher of same) expect(voucher).to.deep.equal(same[0]);
          const given = [...byOrder.values()].map(([voucher]) => voucher?.redemption.txCount);
          expect(new Set(given).size).to.equal(given.length);
        },
      ),
      { numRuns: 25 },
    );
  });

  it("through a remote signer, slow and one by one, gives the same vouchers", async () => {
    const here = vouchers(await issue(issuing, requests(40)));
    const local = nativeSigner(key);
    const remote = { address: local.address, sign: async (digest: Uint8Array) => Promise.resolve(local.sign(digest)) };
    await again({ signer: inline(remote) });
    expect(vouchers(await issue(issuing, requests(40)))).to.deep.equal(here);
  });

  it("hands out no voucher whose order was not recorded as it says, e.g. because its command was put off", async () => {
    await issuing.book.request([requestOf("late")]);
    const { book } = issuing;
    // As where other writers are in the way: told later.
    const deferring = issuerOf({ book: bookWith(book, { execute: () => Promise.resolve() }) });
    expect(outcomes(await collect(deferring.issue([requestOf("late")])))).to.deep.equal(["underway"]);
    expect((await book.find(requestOf("late").orderId)).kind).to.equal("requested");
  });

  it("hands out no renewed voucher whose order still has the second that it had before", async () => {
    const [old] = numbers(await issue(issuing, [requestOf("late")]));
    folder.seconds.now += 301;
    const { book } = issuing;
    const deferring = issuerOf({ book: bookWith(book, { execute: () => Promise.resolve() }) });
    expect(outcomes(await collect(deferring.issue([requestOf("late")], { renew: true })))).to.deep.equal(["underway"]);
    expect(book.get(requestOf("late").orderId)?.voucher).to.deep.equal({ number: String(old), second: folder.seconds.now - 301 });
  });

  it("refuses a list at once where the clock does, though only its end is new: none of it is given out and no number taken", async () => {
    const known = requests(300);
    await issue(issuing, known);
    let reserved = 0;
    const uncertain = issuerOf({
      roughly: () => folder.seconds.now,
      numbers: {
        reserve(count) {
          reserved += count;
          return Promise.resolve(Array.from({ length: count }, (_, i) => 5_000n + BigInt(i)));
        },
      },
      clock: {
        second() {
          throw new ClockUncertain();
        },
      },
    });
    const before = await events();
    for (const all of [[...known, requestOf("new")], [requestOf("new")]]) {
      await failure("CLOCK_UNCERTAIN", uncertain.issue(all)[Symbol.asyncIterator]().next());
    }
    await issuing.book.request([requestOf("accepted")]);
    await failure(
      "CLOCK_UNCERTAIN",
      uncertain
        .issue([...known, requestOf("accepted")])
        [Symbol.asyncIterator]()
        .next(),
    );
    await failure("CLOCK_UNCERTAIN", uncertain.issue(known, { renew: true })[Symbol.asyncIterator]().next());
    expect(await events()).to.equal(before + 1);
    expect(reserved).to.equal(0);
    expect(new Set(outcomes(await collect(uncertain.issue(known))))).to.deep.equal(new Set(["repeated"]));
  });

  it("takes the second anew as a long list goes on, and a retry gives the same vouchers all the same", async () => {
    const begun = folder.seconds.now;
    const all = requests(9 * 128);
    const iterator = issuing.issuer.issue(all)[Symbol.asyncIterator]();
    const first = (await iterator.next()).value as Issued;
    folder.seconds.now += 301; // whoever takes the vouchers is slow
    const issued = [first, ...(await collect({ [Symbol.asyncIterator]: () => iterator }))];
    expect(new Set(outcomes(issued))).to.deep.equal(new Set(["issued"]));
    expect(vouchers(issued)[0]?.redemption.alignedSecond).to.equal(begun);
    expect(vouchers(issued).at(-1)?.redemption.alignedSecond).to.equal(begun + 301);
    const retried = await issue(issuing, all.slice(-128));
    expect(vouchers(retried)).to.deep.equal(vouchers(issued).slice(-128));
    expect(outcomes(await issue(issuing, all.slice(0, 2)))).to.deep.equal(["expired", "expired"]);
  });

  it("does not go on with a window that was asked for and has passed in the middle of the list", async () => {
    const from = folder.seconds.now;
    const iterator = issuing.issuer.issue(requests(9 * 128), { from })[Symbol.asyncIterator]();
    await iterator.next();
    folder.seconds.now += 301;
    await failure("WINDOW_OUT_OF_RANGE", collect({ [Symbol.asyncIterator]: () => iterator }));
    await failure("ORDER_NOT_FOUND", issuing.book.find(requestOf(`key-${9 * 128 - 1}`).orderId));
  });

  it("asks for the numbers of a batch by one user, so that they lie close together", async () => {
    const asked: (string | undefined)[] = [];
    let next = 0n;
    const numbered = issuerOf({
      numbers: {
        reserve(count, user) {
          asked.push(user);
          return Promise.resolve(Array.from({ length: count }, () => next++));
        },
      },
    });
    await collect(numbered.issue(requests(300), { user: "batch/1" }));
    await collect(numbered.issue([requestOf("single")]));
    expect(new Set(asked.slice(0, -1))).to.deep.equal(new Set(["batch/1"]));
    expect(asked.at(-1)).to.equal(`default/${requestOf("single").to.toLowerCase()}`);
  });

  for (const takes of [0, 1] as const) {
    it(`signs under one number for an order that the service signs for too, whoever begins ${takes === 0 ? "first" : "in between"}`, async () => {
      const request = requestOf("both");
      await issuing.book.request([request]);
      const drawn = new DrawnNumbers();
      const shown: string[] = [];
      const batches = new BatchMaker({
        ...{ book: issuing.book, drawn, signer: nativeSigner(key), domain: issuing.issuer.domain, gas: mintGasOf("VoucherMinter") },
        numbers: { reserve: () => Promise.resolve([777n]) },
        rpc: {
          request<T>(_: string, params: readonly unknown[]): Promise<T> {
            shown.push((params[0] as { data: string }).data);
            return Promise.resolve("0x" as T);
          },
          each: () => Promise.reject(new Error("nothing is asked together")),
        },
      });
      const [order] = [...issuing.book.open()];
      if (!order) throw new Error("an order was accepted");
      // Its lane cannot pay, for instance: what was made is not recorded.
      const serve = () =>
        batches.make([{ order, second: folder.seconds.now }], {
          ...{ from: minter, head: "0x1" },
          fees: { maxFeePerGas: 1n, maxPriorityFeePerGas: 1n },
        });
      const both = new Issuer({
        ...{ book: issuing.book, drawn, signer: inline(nativeSigner(key)), domain: issuing.issuer.domain, clock: folder.seconds },
        numbers: {
          async reserve() {
            if (takes === 1) await serve();
            return [888n];
          },
        },
      });
      if (takes === 0) await serve();
      const voucher = await both.issueOne(request);
      expect(shown).to.have.lengthOf(1);
      expect(shown[0]).to.contain(voucher.redemption.txCount.toString(16).padStart(64, "0"));
      expect(await serve()).to.deep.equal([]); // its holder has it now
      expect(shown).to.have.lengthOf(1);
    });
  }

  it("makes vouchers only a little ahead of who takes them", async () => {
    let signed = 0;
    const local = nativeSigner(key);
    const counting = inline({
      address: local.address,
      sign(digest) {
        signed++;
        return local.sign(digest);
      },
    });
    await again({ signer: counting });
    const iterator = issuing.issuer.issue(requests(10_000))[Symbol.asyncIterator]();
    await iterator.next();
    const idle = issuing.book.close(); // everything under way in the book has ended then
    await idle;
    expect(signed).to.be.at.most(2_000);
    await iterator.return(undefined);
  });

  it("hands out the ids of a batch that nobody can guess, and none twice", async () => {
    const content = { tenant: "default", to: requestOf("a").to, quantity: 1, uriDigest: requestOf("a").uriDigest };
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(fc.bigInt({ min: 0n, max: 2n ** 128n - 1n }), { minLength: 2, maxLength: 4 }), async (entropies) => {
        const ids = entropies.map((entropy) => newBatchId(Buffer.from(entropy.toString(16).padStart(32, "0"), "hex")));
        const all = (await Promise.all(ids.map((id) => requestsOfBatch(id, 50, content)))).flat();
        expect(new Set(all.map(({ orderId }) => orderId)).size).to.equal(50 * ids.length);
        expect(new Set(all.map(({ key: each }) => each)).size).to.equal(50 * ids.length);
        expect(await requestsOfBatch(ids[0] ?? "", 50, content)).to.deep.equal(all.slice(0, 50));
      }),
      { numRuns: 20 },
    );
    expect(keyInBatch("5f".repeat(16), 7)).to.equal(`batch/${"5f".repeat(16)}/7`);
    await failure("INVALID_BATCH_ID", requestsOfBatch("drop-1", 1, content));
    expect(() => newBatchId(new Uint8Array(8)))
      .to.throw()
      .with.property("code", "INVALID_BATCH_ID");
  });

  it("lists the vouchers that have expired by word, and none that was redeemed, sent or still holds", async () => {
    const issued = numbers(await issue(issuing, requests(600)));
    const sent = requestOf("key-5").orderId;
    const driven = requestOf("key-7").orderId; // authorised again, and carried still
    const tell = (orderId: string, command: OrderCommand) => issuing.book.execute([{ orderId, command }]);
    await tell(sent, { kind: "assign", carrier });
    await tell(driven, { kind: "assign", carrier });
    await tell(driven, { kind: "unconfirm", reason: "nonce-taken", carrier });
    await tell(driven, { kind: "authorise", voucher: { number: String(issued[7]), second: folder.seconds.now } });
    expect(issuing.book.get(driven)).to.deep.include({ kind: "authorised", carrier });
    folder.seconds.now += 300;
    expect(expiredVouchers(issuing.book, folder.seconds.now)).to.deep.equal([]);
    await issue(issuing, requests(10, 5_000));
    const words = expiredVouchers(issuing.book, folder.seconds.now + 1);
    expect(words.flatMap((word) => word.numbers)).to.deep.equal(issued.filter((_, i) => i !== 5 && i !== 7));
    expect(words.flatMap((word) => word.orderIds)).to.deep.equal(
      requests(600).flatMap(({ orderId }) => ([sent, driven].includes(orderId) ? [] : orderId)),
    );
    for (const { word, mask, numbers: of } of words) {
      expect(of.every((number) => number >> 8n === word)).to.equal(true);
      expect(mask).to.equal(of.reduce((bits, number) => bits + (1n << (number % 256n)), 0n));
    }
  });
});
