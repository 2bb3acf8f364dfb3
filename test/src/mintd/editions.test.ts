import { expect } from "chai";
import { Transaction } from "ethers";
import type { Mintd } from "../../../src/mintd.ts";
import { MINTED_TOPIC } from "../../../src/voucher/index.ts";
import { eventually } from "../../eventually.ts";
import { attempts, listOf, minting, stranger, until, World } from "./world.ts";

/** Code of a contract that refuses whatever it is sent, and of one that says yes: with the selector of what asks it. */
const [refusing, accepting] = ["0x60006000fd", "0x60003560e01c60e01b60005260206000f3"];
/** Seconds after its second for which a voucher may be redeemed. */
const window = 300;

describe("mintd mints editions", function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => (world = await World.begin()));
  afterEach(() => world.end());

  it("and rejects, once that is final, what a receiving contract refuses; the others in its batch are minted", async () => {
    const rows = listOf(10).map((row, i) => (i === 4 ? { ...row, to: world.deployment.contracts.AccessManager.address } : row));
    const report = await mintToTheEnd(rows);
    expect(report).to.include({ rows: 10, minted: 9, final: 9, rejected: 1 });
    expect(report.rejections).to.deep.equal([{ id: "row-5", reason: "the receiver refused the tokens" }]);
    const again = await mintToTheEnd(rows);
    expect(again).to.include({ accepted: 0, finalBefore: 9, rejected: 1 });
  });

  it("to a contract alone in its batch, with the gas that its refusal needs", async () => {
    const rows = listOf(1).map((row) => ({ ...row, to: world.deployment.contracts.AccessManager.address }));
    expect(await mintToTheEnd(rows)).to.include({ rows: 1, minted: 0, rejected: 1 });
    expect(world.troubles).to.deep.equal([]);
  });

  it("and does not give up a refused one while its voucher holds: a receiver that redeems it itself then is minted, once", async () => {
    const [row] = listOf(1);
    const to = row?.to ?? "";
    await world.anvil.rpc.request("anvil_setCode", [to, refusing]);
    await using mintd = await world.open({ minter: "EditionMinter" });
    await mintd.start();
    const minted = minting(mintd, row ? [row] : []);
    await untilRefused(mintd);
    const [order] = [...mintd.book.open()];
    expect(order?.refusal).to.deep.equal({ code: "RECIPIENT_REFUSES" });
    // What the lane sent is public; the receiver takes the tokens now, and anybody sends the same bytes.
    await world.anvil.rpc.request("anvil_setCode", [to, accepting]);
    const [attempt] = await attempts(world);
    const sent = await sendToEditions(Transaction.from(attempt?.raw ?? "").data);
    expect(await world.anvil.mineWhile(minted)).to.include({ rows: 1, final: 1, rejected: 0 });
    const found = await mintd.book.find(order?.request.orderId ?? "");
    expect(found).to.deep.include({ kind: "final" });
    expect(found.inclusion?.txHash).to.equal(sent);
    expect(await editionsMinted()).to.have.lengthOf(1);
    expect((await world.counts()).rejected).to.equal(undefined);
  });

  it("and, started again, neither tries a refused one again nor gives it up before a final block is past its window", async () => {
    const [row] = listOf(1);
    await world.anvil.rpc.request("anvil_setCode", [row?.to, refusing]);
    const first = await world.open({ minter: "EditionMinter" });
    await first.start();
    minting(first, row ? [row] : []).catch(() => undefined);
    await untilRefused(first);
    await first.stop();
    await using mintd = await world.open({ minter: "EditionMinter" });
    await mintd.start();
    const [order] = [...mintd.book.open()];
    const end = (order?.voucher?.second ?? 0) + window;
    // The newest block is past the window, the final one is not.
    await world.anvil.rpc.request("evm_setNextBlockTimestamp", [end + 1]);
    await world.anvil.mine(31);
    const { number } = await world.anvil.rpc.request<{ number: string }>("eth_getBlockByNumber", ["latest", false]);
    await eventually("the newest block is known", () => mintd.confirmations.tip?.number === Number(number) || undefined);
    await mintd.confirmations.step();
    expect(mintd.book.get(order?.request.orderId ?? "")?.kind).to.equal("failed");
    await world.anvil.mine(1);
    await eventually("it is rejected", () => mintd.book.openCount === 0 || undefined);
    expect(await mintd.book.find(order?.request.orderId ?? "")).to.deep.include({
      ...{ kind: "rejected", reason: "the receiver refused the tokens" },
    });
    expect(await attempts(world)).to.have.lengthOf(1);
  });

  const mintToTheEnd = async (rows: Parameters<World["mint"]>[0]) => {
    await using mintd = await world.open({ minter: "EditionMinter" });
    await mintd.start();
    const minted = minting(mintd, rows);
    const refused = () => [...mintd.book.open()].some(({ kind }) => kind === "failed");
    const isOver = minted.then(() => true);
    await world.anvil.mineWhile(Promise.race([isOver, eventually("one is refused", () => refused() || undefined)]));
    await world.anvil.rpc.request("evm_increaseTime", [window]);
    return await world.anvil.mineWhile(minted);
  };

  /** Mined just deep enough, so that the window is still open. */
  const untilRefused = async (mintd: Mintd): Promise<void> => {
    await eventually("its transaction is mined", async () => (await attempts(world)).length > 0 || undefined);
    await eventually("it is sent", async () => {
      const [attempt] = await attempts(world);
      const receipt = await world.anvil.rpc.request<object | null>("eth_getTransactionReceipt", [attempt?.hash]);
      return receipt ?? undefined;
    });
    await world.anvil.mine(33);
    await until(mintd, "failed", 1);
  };

  const sendToEditions = async (data: string): Promise<string> => {
    const provider = world.provider;
    const fees = { maxFeePerGas: 100_000_000_000n, maxPriorityFeePerGas: 50_000_000_000n, gasLimit: 2_000_000 };
    const to = world.deployment.contracts.EditionMinter.address;
    const { hash } = await stranger.connect(provider).sendTransaction({ to, data, ...fees });
    provider.destroy();
    return hash;
  };

  const editionsMinted = (): Promise<unknown[]> =>
    world.anvil.rpc.request<unknown[]>("eth_getLogs", [
      { address: world.deployment.contracts.EditionMinter.address, fromBlock: "0x0", toBlock: "latest", topics: [MINTED_TOPIC] },
    ]);
});
