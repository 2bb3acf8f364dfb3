import { expect } from "chai";
import { type JsonRpcProvider, type TransactionRequest, Wallet } from "ethers";
import { DurableSigner, type DurableNotice } from "../../../src/durable/ethers.ts";
import { eventually } from "../../eventually.ts";
import { failure } from "../store/expectations.ts";
import { noOpGasNow } from "../../../src/durable/market.ts";
import { type Rpc, RpcRefused, RpcUnanswered } from "../../../src/chain/rpc/rpc.ts";
import { keyAt, receiver, World } from "./world.ts";

const fees = { maxFeePerGas: 10n ** 10n, maxPriorityFeePerGas: 10n ** 9n };
/** Less gas than any transaction takes: no node takes it. */
const refused = { to: receiver(1), value: 1n, gasLimit: 20_000, ...fees };
const words = { code: -32_000, message: "intrinsic gas too low" };

/** Whether the work has ended. */
function watch(work: Promise<unknown>): { over: boolean } {
  const state = { over: false };
  const end = (): void => void (state.over = true);
  work.then(end, end);
  return state;
}

/** A provider that says to bytes what `say` gives, as the node's words; where that gives nothing, the node itself is asked. */
function saying(provider: JsonRpcProvider, say: (raw: string) => Promise<object | undefined>): JsonRpcProvider {
  const send = provider.send.bind(provider);
  return Object.assign(provider, {
    async send(method: string, params: unknown[]): Promise<unknown> {
      const said = method === "eth_sendRawTransaction" ? await say(String(params[0])) : undefined;
      if (said) throw Object.assign(new Error("the node said no"), { error: said });
      return send(method, params);
    },
  });
}

describe("DurableSigner and what a node refuses", () => {
  it("uses up its nonce, holds nothing up, and says that it is not taken when that is final and not before", async () => {
    await using world = await World.open({ noMining: true });
    const notices: DurableNotice[] = [];
    const signer = await world.signer(0, { notify: (notice) => notices.push(notice) });
    const order = signer.once("order-1");
    const sending = order.sendTransaction(refused);
    const sent = watch(sending);
    const told = failure("TRANSACTION_NOT_TAKEN", sending);
    await eventually("the no-op is recorded", () => notices.some(({ kind }) => kind === "cancelled") || undefined);
    expect(notices.find(({ kind }) => kind === "refused")).to.include({ nonce: 0 });
    const behind = await signer.sendTransaction({ to: receiver(2), value: 1n });
    await world.anvil.mineWhile(behind.wait(), 1);
    await eventually("the no-op is in a block", async () => (await signer.pending())[0]?.block);
    expect(sent.over, "a reorg may still have it mined").to.equal(false);
    await world.anvil.mineWhile(told, 16);
    const again = await order.sendTransaction({ ...refused, gasLimit: 21_000 });
    await world.anvil.mineWhile(again.wait(), 1);
    const own = (await signer.getAddress()).toLowerCase();
    expect((await world.minedOf(own)).map(({ to }) => to)).to.deep.equal([own, receiver(2), receiver(1)]);
  });

  it("offers as much as it did where the cap forbids more", async () => {
    await using world = await World.open({ noMining: true });
    const signer = await world.signer(0, { maxFeePerGas: fees.maxFeePerGas, noOpGas: 30_000 });
    const told = failure("TRANSACTION_NOT_TAKEN", signer.sendTransaction(refused));
    await world.anvil.mineWhile(told, 16);
    const [noOp] = await world.minedOf(await signer.getAddress());
    const mined = await world.anvil.rpc.request<{ maxFeePerGas: string; gas: string }>("eth_getTransactionByHash", [noOp?.hash]);
    expect(BigInt(mined.maxFeePerGas)).to.equal(fees.maxFeePerGas);
    expect(Number(mined.gas), "as it was set").to.equal(30_000);
  });

  it("estimates the gas of a no-op, within bounds", async () => {
    const saying = (answer: unknown): Rpc => ({
      request: <T>() => (answer instanceof Error ? Promise.reject(answer) : Promise.resolve(answer as T)),
      each: () => Promise.resolve([]),
    });
    const gas = (answer: unknown): Promise<number> => noOpGasNow(saying(answer), receiver(1));
    expect(await gas("0x5208")).to.equal(21_000);
    expect(await gas("0x1")).to.equal(21_000);
    expect(await gas("0x186a0")).to.equal(125_000);
    expect(await gas("0xffffffffffff")).to.equal(5_000_000);
    expect(await gas("nothing")).to.equal(21_000);
    expect(await gas(new RpcRefused("eth_estimateGas", -32_601, "the method does not exist", undefined))).to.equal(21_000);
    await failure("RPC_UNANSWERED", gas(new RpcUnanswered("eth_estimateGas", "the node", "lost")));
  });

  it("takes one node's refusal for doubt where another node had the bytes: they are sent, and not refused", async () => {
    await using world = await World.open({ noMining: true });
    let first: string | undefined;
    const provider = saying(world.provider(), async (raw) => {
      first ??= raw;
      if (raw === first) await world.anvil.rpc.request("eth_sendRawTransaction", [raw]).catch(() => undefined);
      return raw === first ? words : { code: -32_603, message: "Internal error" }; // so that the no-op is not mined
    });
    const notices: DurableNotice[] = [];
    const notify = (notice: DurableNotice): void => void notices.push(notice);
    const signer = new DurableSigner(new Wallet(keyAt(0), provider), { store: await world.store(), pollMs: 20, notify });
    world.onEnd(() => signer.close());
    const sending = signer.sendTransaction({ ...refused, gasLimit: 21_000 });
    await eventually("the no-op is recorded", () => notices.some(({ kind }) => kind === "cancelled") || undefined);
    await world.anvil.mineWhile(sending, 1);
    expect((await (await sending).wait())?.to?.toLowerCase()).to.equal(receiver(1));
  });

  it("takes a refusal for doubt where no no-op can be recorded", async () => {
    await using world = await World.open({ noMining: true });
    const wallet = new Wallet(keyAt(0), world.provider());
    const once = Object.assign(Object.create(wallet) as Wallet, {
      async signTransaction(request: TransactionRequest) {
        if (request.data === "0x") throw new Error("the signer signs no no-ops");
        return wallet.signTransaction(request);
      },
    });
    const signer = new DurableSigner(once, { store: await world.store(), pollMs: 20 });
    world.onEnd(() => signer.close());
    const sent = await signer.sendTransaction(refused);
    expect((await signer.pending()).map(({ hashes, cancelling }) => [hashes, cancelling])).to.deep.equal([[[sent.hash], false]]);
  });
});
