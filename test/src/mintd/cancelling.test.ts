import { expect } from "chai";
import { CancellationUnproven, encodeCancel, RpcUnanswered, type SentTransaction, type WordToCancel } from "../../../src/chain/index.ts";
import { systemClock } from "../../../src/clock.ts";
import { byWord } from "../../../src/issue/index.ts";
import type { Mintd } from "../../../src/mintd.ts";
import { Secret } from "../../../src/secret.ts";
import { encodeRedeem, nativeSigner, type SignedVoucher, signVoucher, VOUCHERS_CANCELLED_TOPIC } from "../../../src/voucher/index.ts";
import { eventually } from "../../eventually.ts";
import { failure } from "../store/expectations.ts";
import { cancel, issueOffline, sendAsAdmin } from "./cancelling.ts";
import { answering, listOf, rpcWith, send, stranger, voucherSigner, World } from "./world.ts";

describe("Numbers that are cancelled", function () {
  this.timeout(60_000);
  let world: World;

  beforeEach(async () => (world = await World.begin()));
  afterEach(() => world.end());

  const issue = (count: number): Promise<SignedVoucher[]> => issueOffline(world, listOf(count));
  const wordsOf = (mintd: Mintd): WordToCancel[] => byWord([...mintd.book.open()]);
  const kindOf = async (mintd: Mintd, { redemption }: SignedVoucher) => (await mintd.book.find(redemption.orderId)).kind;
  const refusing = { send: (): Promise<SentTransaction> => Promise.reject(new Error("nothing is to be sent")) };
  const bitOf = ({ redemption }: SignedVoucher): bigint => 1n << (redemption.txCount & 0xffn);

  /** Another store on the same minter mints an order of its own with this voucher's number. */
  async function mintElsewhere({ redemption, domain }: SignedVoucher): Promise<string> {
    const orderId = `0x${"ee".repeat(32)}`;
    const signer = nativeSigner(new Secret(voucherSigner.privateKey));
    const other = await signVoucher(signer, domain, { ...redemption, orderId });
    await send(world, stranger, encodeRedeem(other.redemption, other.signature));
    return orderId;
  }

  it("and used by another order's mint are told as taken, the others' orders closed, and theirs left open", async () => {
    const [taken, ...others] = await issue(3);
    if (!taken) throw new Error("three vouchers were issued");
    await using mintd = await world.open();
    const takenBy = await mintElsewhere(taken);
    const [done] = await world.anvil.mineWhile(cancel(world, mintd, wordsOf(mintd)), 8);
    const { orderId, txCount: number } = taken.redemption;
    expect(done?.taken.map((each) => ({ ...each, block: 0, txHash: "" }))).to.deep.equal([
      { number, orderId, takenBy, block: 0, txHash: "" },
    ]);
    expect(done?.cancelled).to.equal(others.reduce((bits, each) => bits | bitOf(each), 0n));
    expect(done?.redeemed).to.equal(0n);
    expect(await kindOf(mintd, taken)).to.equal("authorised");
    for (const each of others) expect(await kindOf(mintd, each)).to.equal("rejected");
  });

  it("and used by what no log tells end in a typed error, with all closed that was proven", async () => {
    const vouchers = await issue(300);
    await using mintd = await world.open();
    const words = wordsOf(mintd);
    const hidden = words[1]?.word ?? 0n;
    const topic = `0x${hidden.toString(16).padStart(64, "0")}`;
    const rpc = answering<{ topics: string[] }[]>(world.anvil.rpc, "eth_getLogs", (logs) =>
      logs.filter(({ topics }) => topics[1] !== topic),
    );
    const error = await failure("CANCELLATION_UNPROVEN", world.anvil.mineWhile(cancel(world, mintd, words, { rpc }), 8));
    if (!(error instanceof CancellationUnproven)) throw error;
    expect(error.words).to.deep.equal([{ word: hidden, numbers: words[1]?.numbers }]);
    expect([...mintd.book.open()].map(({ request }) => request.orderId)).to.deep.equal(words[1]?.orderIds);
    await world.anvil.mineWhile(cancel(world, mintd, words, refusing), 8);
    for (const each of vouchers) expect(await kindOf(mintd, each)).to.equal("rejected");
  });

  it("and redeemed by a reorg's turn stay their holders', though an endpoint still shows the log of the orphaned block", async () => {
    const [voucher] = await issue(1);
    if (!voucher) throw new Error("a voucher was issued");
    await using mintd = await world.open();
    const [word] = wordsOf(mintd);
    if (!word) throw new Error("its number is in a word");
    let old: { topics: string[] }[] = [];
    const rpc = answering<{ topics: string[] }[]>(world.anvil.rpc, "eth_getLogs", (logs, [filter]) =>
      (filter as { topics: string[] }).topics[0] === VOUCHERS_CANCELLED_TOPIC ? old : logs,
    );
    let turned: Promise<boolean> | undefined;
    const turn = async (): Promise<boolean> => {
      old = await world.anvil.rpc.request("eth_getLogs", [{ address: world.minter, fromBlock: "0x0", topics: [VOUCHERS_CANCELLED_TOPIC] }]);
      await world.anvil.reorg(1);
      await send(world, stranger, encodeRedeem(voucher.redemption, voucher.signature));
      return true;
    };
    const cancelling = cancel(world, mintd, [word], {
      rpc,
      onProgress({ blocksLeft }) {
        if (blocksLeft > 0) turned ??= turn();
      },
    });
    await eventually("the reorg", () => turned);
    expect(old).to.have.lengthOf(1);
    const [done] = await world.anvil.mineWhile(cancelling, 8);
    expect([done?.cancelled, done?.redeemed]).to.deep.equal([0n, word.mask]);
    expect(await kindOf(mintd, voucher)).to.equal("authorised");
    await mintd.start();
    await world.anvil.mineWhile(mintd.minting.idle());
    expect(await kindOf(mintd, voucher)).to.equal("final");
  });

  it("by somebody else close their orders though this run can send nothing", async () => {
    await issue(300);
    await using mintd = await world.open();
    const [theirs, ours] = wordsOf(mintd);
    if (!theirs || !ours) throw new Error("300 numbers are in two words");
    await sendAsAdmin(world, encodeCancel(theirs.word, theirs.mask));
    await world.anvil.mine(40);
    const outcome = await cancel(world, mintd, [theirs, ours], refusing).catch((error: unknown) => error);
    expect(String(outcome)).to.contain("nothing is to be sent");
    expect([...mintd.book.open()].map(({ request }) => request.orderId)).to.deep.equal(ours.orderIds);
  });

  it("are sent for again when the account's nonce went to another transaction", async () => {
    const [voucher] = await issue(2);
    if (!voucher) throw new Error("two vouchers were issued");
    await using mintd = await world.open();
    await world.anvil.rpc.request("evm_setAutomine", [false]);
    const sent: SentTransaction[] = [];
    const displaced = Promise.withResolvers<undefined>();
    const cancelling = cancel(world, mintd, wordsOf(mintd), {
      async send(data, nonce) {
        const transaction = await sendAsAdmin(world, data, { nonce });
        if (sent.push(transaction) > 1) return transaction;
        await sendAsAdmin(world, "0x", { to: stranger.address, fee: 100_000_000_000n, nonce: transaction.nonce });
        displaced.resolve(undefined);
        return transaction;
      },
    });
    await displaced.promise;
    const [done] = await world.anvil.mineWhile(cancelling, 4);
    expect(done?.cancelled).to.equal(done?.mask);
    expect(done?.sent).to.deep.equal(sent.map(({ hash }) => hash));
    expect(sent.map(({ nonce }) => nonce - (sent[0]?.nonce ?? 0))).to.deep.equal([0, 1]);
    expect(await kindOf(mintd, voucher)).to.equal("rejected");
  });

  it("are sent for again under the same nonce when the pool dropped the transaction", async () => {
    const [voucher] = await issue(2);
    if (!voucher) throw new Error("two vouchers were issued");
    await using mintd = await world.open();
    await world.anvil.rpc.request("evm_setAutomine", [false]);
    const sent: SentTransaction[] = [];
    const nonces: (number | undefined)[] = [];
    const dropped = Promise.withResolvers<undefined>();
    const cancelling = cancel(world, mintd, wordsOf(mintd), {
      async send(data, nonce) {
        nonces.push(nonce);
        const transaction = await sendAsAdmin(world, data, { nonce });
        if (sent.push(transaction) > 1) return transaction;
        await world.anvil.rpc.request("anvil_dropTransaction", [transaction.hash]);
        dropped.resolve(undefined);
        return transaction;
      },
    });
    await dropped.promise;
    const [done] = await world.anvil.mineWhile(cancelling, 4);
    expect(done?.cancelled).to.equal(done?.mask);
    expect(nonces).to.deep.equal([undefined, sent[0]?.nonce]);
    expect(sent[1]?.nonce).to.equal(sent[0]?.nonce);
    expect(await kindOf(mintd, voucher)).to.equal("rejected");
  });

  it("by somebody else meanwhile are waited for no longer, and a transaction that stays in the pool holds up nothing", async () => {
    const [voucher] = await issue(2);
    if (!voucher) throw new Error("two vouchers were issued");
    await using mintd = await world.open();
    await world.anvil.rpc.request("evm_setAutomine", [false]);
    const sent: SentTransaction[] = [];
    const cancelling = cancel(world, mintd, wordsOf(mintd), {
      async send(data) {
        const theirs = await sendAsAdmin(world, data);
        sent.push(await sendAsAdmin(world, data, { nonce: theirs.nonce + 5 })); // a gap before it: it is never mined
        return sent.at(-1) as SentTransaction;
      },
    });
    const [done] = await world.anvil.mineWhile(cancelling, 4);
    expect(done?.cancelled).to.equal(done?.mask);
    expect(sent).to.have.lengthOf(1);
    expect(await kindOf(mintd, voucher)).to.equal("rejected");
  });

  it("are cancelled although the endpoint goes down at each new question until the run has paused", async () => {
    const [redeemed, ...others] = await issue(4);
    if (!redeemed) throw new Error("four vouchers were issued");
    await using mintd = await world.open();
    const words = wordsOf(mintd);
    await send(world, stranger, encodeRedeem(redeemed.redemption, redeemed.signature));
    const asked = new Set<string>();
    let isDown = false;
    const rpc = rpcWith(world.anvil.rpc, (method, params) => {
      // The reader of logs halves its range by itself where one is refused: whatever the range, it is one question.
      const question = JSON.stringify(method === "eth_getLogs" ? (params[0] as { topics: unknown }).topics : [method, params]);
      isDown ||= !asked.has(question);
      asked.add(question);
      if (isDown) throw new RpcUnanswered(method, "the endpoint", "the line broke");
    });
    const clock = {
      ...systemClock,
      pause(ms: number, signal?: AbortSignal) {
        isDown = false;
        return systemClock.pause(Math.min(ms, 10), signal);
      },
    };
    const [done] = await world.anvil.mineWhile(cancel(world, mintd, words, { rpc, clock }), 8);
    expect(done?.redeemed).to.equal(bitOf(redeemed));
    for (const each of others) expect(await kindOf(mintd, each)).to.equal("rejected");
  });
});
