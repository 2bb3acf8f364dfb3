import { expect } from "chai";
import { redeemVoucher, RpcUnanswered } from "../../../src/chain/index.ts";
import { requestOf } from "../../../src/list/mint-list.ts";
import type { Mintd } from "../../../src/mintd.ts";
import { encodeRedeem, type SignedVoucher } from "../../../src/voucher/index.ts";
import { eventually } from "../../eventually.ts";
import { failure } from "../store/expectations.ts";
import { attempts, listOf, rpcWith, send, stranger, World } from "./world.ts";

const [row] = listOf(1);
if (!row) throw new Error("a list of one row has a row");
const request = requestOf(row, "default");
const { orderId } = request;

/** From the newest block's second: a chain whose blocks come on demand has no time between them. */
const fromTip = (mintd: Mintd) => ({ from: mintd.confirmations.tip?.timestamp ?? 0 });

async function issue(mintd: Mintd): Promise<SignedVoucher> {
  await mintd.confirmations.step();
  return mintd.issuer.issueOne(request, fromTip(mintd));
}

const redeemByStranger = (world: World, { redemption, signature }: SignedVoucher) =>
  send(world, stranger, encodeRedeem(redemption, signature));

describe("A voucher that was handed out", function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => (world = await World.begin()));
  afterEach(() => world.end());

  it("and redeemed by its holder is recognised by its log", async () => {
    await using mintd = await world.open();
    const theirs = await redeemByStranger(world, await issue(mintd));
    await mintd.start();
    await world.anvil.mine(40);
    await world.anvil.mineWhile(mintd.minting.idle());
    expect(await mintd.book.find(orderId)).to.deep.include({ kind: "final" });
    expect((await mintd.book.find(orderId)).inclusion?.txHash).to.equal(theirs);
    expect(await attempts(world)).to.deep.equal([]);
    expect(await world.minted()).to.deep.equal([orderId]);
  });

  it("is recognised although the endpoint failed when its block was looked at, and mintd was stopped then", async () => {
    const first = await world.open();
    const voucher = await issue(first);
    await first.stop();
    const failing = await world.open({
      rpc: rpcWith(world.anvil.rpc, (method) => {
        if (method === "eth_getLogs") throw new RpcUnanswered(method, "the test's endpoint", "HTTP 500");
      }),
    });
    await failing.confirmations.step();
    await redeemByStranger(world, voucher);
    await failure("RPC_UNANSWERED", failing.confirmations.step());
    await failing.stop();
    await using mintd = await world.open();
    await mintd.confirmations.step();
    expect(mintd.book.get(orderId)?.kind).to.equal("tentative");
  });

  it("redeemed by its holder and reorganised away is minted by the lane, with the same number", async () => {
    await using mintd = await world.open();
    await mintd.start();
    const voucher = await issue(mintd);
    await redeemByStranger(world, voucher);
    await world.anvil.mineWhile(
      eventually("the mint is seen", () => mintd.book.get(orderId)?.kind === "tentative" || undefined),
      1,
    );
    const block = mintd.book.get(orderId)?.inclusion?.block ?? 0;
    await world.anvil.reorg(Number(await world.anvil.rpc.request<string>("eth_blockNumber", [])) - block + 1);
    await world.anvil.mineWhile(eventually("it is final", async () => (await mintd.book.find(orderId)).kind === "final" || undefined));
    expect((await mintd.book.find(orderId)).voucher?.number).to.equal(voucher.redemption.txCount.toString());
    expect(await world.minted()).to.deep.equal([orderId]);
  });

  it("redeemed by the lane and by somebody else at once is minted once", async () => {
    await using mintd = await world.open();
    await mintd.start();
    const voucher = await issue(mintd);
    await world.anvil.rpc.request("evm_setAutomine", [false]);
    const redeemed = await redeemVoucher(voucher, mintd.twoStage);
    expect(redeemed.outcome).to.equal("sent");
    const theirs = await redeemByStranger(world, voucher);
    await world.anvil.mineWhile(mintd.minting.idle());
    const order = await mintd.book.find(orderId);
    expect(order.kind).to.equal("final");
    expect(order.inclusion?.txHash).to.equal(theirs);
    expect(await world.minted()).to.deep.equal([orderId]);
  });

  it("and redeemed twice by us is sent once, then underway, then minted before", async () => {
    await using mintd = await world.open();
    await mintd.start();
    const voucher = await issue(mintd);
    expect((await redeemVoucher(voucher, mintd.twoStage)).outcome).to.equal("sent");
    expect((await redeemVoucher(voucher, mintd.twoStage)).outcome).to.be.oneOf(["underway", "minted before"]);
    await world.anvil.mineWhile(mintd.minting.idle());
    expect((await redeemVoucher(voucher, mintd.twoStage)).outcome).to.equal("minted before");
    expect(await world.minted()).to.deep.equal([orderId]);
  });

  it("is not minted with another number when its redemption stopped half way and mintd starts again", async () => {
    const issuer = await world.open();
    await issuer.numbers.reserve(1); // so that the number is not the first of any store
    const voucher = await issue(issuer);
    await issuer.stop();
    // Another mintd with a store of its own knows the voucher alone; the chain is too dear for it.
    const options = { storePath: `${world.storePath}.other` };
    const poor = await world.open({ ...options, settings: { fees: { maxFeePerGasGwei: 0.000001, priorityFeeGwei: 0 } } });
    await poor.start();
    await failure("FEE_CAP_REACHED", redeemVoucher(voucher, poor.twoStage));
    await poor.stop();
    await using mintd = await world.open(options);
    await mintd.start();
    await world.anvil.mine(2);
    await mintd.confirmations.step();
    const order = mintd.book.get(orderId);
    expect(order?.voucher?.number).to.be.oneOf([undefined, voucher.redemption.txCount.toString()]);
    await redeemByStranger(world, voucher);
    await world.anvil.mineWhile(mintd.minting.idle());
    expect(await world.minted()).to.deep.equal([orderId]);
  });

  it("for another chain or minter is refused, and one that expired", async () => {
    await using mintd = await world.open();
    await mintd.start();
    const voucher = await issue(mintd);
    const elsewhere = { ...voucher, domain: { ...voucher.domain, chainId: 1 } };
    await failure("VOUCHER_FOR_ELSEWHERE", redeemVoucher(elsewhere, mintd.twoStage));
    await world.anvil.rpc.request("evm_increaseTime", [400]);
    await world.anvil.mine();
    await failure("BATCH_REVERTS", redeemVoucher(voucher, mintd.twoStage));
    expect(mintd.book.get(orderId)?.kind).to.equal("authorised");
    expect(await attempts(world)).to.deep.equal([]);
  });
});
