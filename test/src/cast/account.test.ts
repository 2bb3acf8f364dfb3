import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Transaction } from "ethers";
import { Unheard } from "../../../src/cast/unheard.ts";
import { Account, type AccountNews, type AccountOptions, ContractRefused, type Mined } from "../../../src/cast/index.ts";
import { outcomeOf, type Rpc, type RpcCall, type RpcOutcome, RpcRefused, RpcUnanswered } from "../../../src/chain/rpc/rpc.ts";
import { Secret } from "../../../src/secret.ts";
import { openSqliteStore } from "../../../src/store/index.ts";
import { Anvil } from "../../anvil.ts";
import { eventually } from "../../eventually.ts";
import { failure } from "../store/expectations.ts";
import { accountOptions, wallet } from "./world.ts";

const GWEI = 10n ** 9n;
const receiver = (n: number): string => `0x${(0xabc0_0000n + BigInt(n)).toString(16).padStart(40, "0")}`;
const pay = (n: number) => ({ to: receiver(n), data: "0x", value: 1n });

/** The node as it is, save where a test says otherwise. */
class Endpoint implements Rpc {
  answer: (call: RpcCall, asIs: () => Promise<unknown>) => Promise<unknown> = (_, asIs) => asIs();
  readonly #rpc: Rpc;

  constructor(rpc: Rpc) {
    this.#rpc = rpc;
  }

  async request<T>(method: string, params: readonly unknown[]): Promise<T> {
    return (await this.answer({ method, params }, () => this.#rpc.request(method, params))) as T;
  }

  async each<T>(calls: readonly RpcCall[]): Promise<RpcOutcome<T>[]> {
    const settled = await Promise.allSettled(calls.map(({ method, params }) => this.request<T>(method, params)));
    return settled.map((one) =>
      outcomeOf(() => {
        if (one.status === "rejected") throw one.reason;
        return one.value;
      }),
    );
  }
}

describe("An account that sends", function () {
  this.timeout(120_000);
  let anvil: Anvil;
  let endpoint: Endpoint;
  let directory: string;
  let news: AccountNews[];
  let open: Account[];

  /** Each test's account has a store of its own, which the next account over it finds. */
  const account = (options: Partial<AccountOptions> = {}): Account => {
    const made = new Account(endpoint, new Secret(wallet(0).privateKey), {
      ...accountOptions,
      openStore: () => openSqliteStore({ path: join(directory, "account.db") }),
      onNews: (each) => news.push(each),
      ...options,
    });
    open.push(made);
    return made;
  };
  const ask = <T>(method: string, ...params: unknown[]): Promise<T> => anvil.rpc.request<T>(method, params);
  const kinds = (): string[] => news.map(({ kind }) => kind).filter((kind) => kind !== "notice");
  const notices = (kind: string): AccountNews[] => news.filter((each) => each.kind === "notice" && each.notice.kind === kind);
  const told = (kind: AccountNews["kind"]): Promise<AccountNews> =>
    eventually(`${kind} is told`, () => news.find((each) => each.kind === kind));
  /** How much the receivers have got: one wei for each payment. */
  const paid = (...receivers: number[]): Promise<number[]> =>
    Promise.all(receivers.map(async (n) => Number(await ask<string>("eth_getBalance", receiver(n), "latest"))));
  const refusedIn = (method: string, words: string): RpcRefused => new RpcRefused(method, -32_000, words, undefined);

  beforeEach(async () => {
    anvil = await Anvil.start({ noMining: true });
    endpoint = new Endpoint(anvil.rpc);
    directory = await mkdtemp(join(tmpdir(), "mintd-account-"));
    [news, open] = [[], []];
  });
  afterEach(async () => {
    await Promise.all(open.map((each) => each.close()));
    await anvil.kill();
    await rm(directory, { recursive: true, force: true });
  });

  it("pays more for what a spike of the base fee left behind, and for what waits behind it", async () => {
    const payer = account();
    const sent = [await payer.broadcast(pay(1)), await payer.broadcast(pay(2))];
    const [first, second] = await eventually("both are mined", async () => {
      await ask("anvil_setNextBlockBaseFeePerGas", `0x${(10n * GWEI).toString(16)}`);
      await anvil.mine();
      const found = await Promise.all(sent.map((each) => payer.found(each)));
      return found.every((each) => each !== undefined) ? found : undefined;
    });
    expect([first?.hash === sent[0]?.hash, second?.hash === sent[1]?.hash, await paid(1, 2)]).to.deep.equal([false, false, [1, 1]]);
    const { maxFeePerGas, nonce } = await ask<{ maxFeePerGas: string; nonce: string }>("eth_getTransactionByHash", first?.hash);
    expect([Number(nonce), BigInt(maxFeePerGas) >= 10n * GWEI]).to.deep.equal([0, true]);
  });

  it("never offers more than the cap, whatever the node says of tips, and sends nothing while the chain is above it", async () => {
    const raws: string[] = [];
    endpoint.answer = async ({ method, params }, asIs) => {
      if (method === "eth_sendRawTransaction") raws.push(String(params[0]));
      if (method === "eth_maxPriorityFeePerGas") return "0x9184e72a000";
      if (method !== "eth_feeHistory") return asIs();
      const history = (await asIs()) as object;
      return { ...history, gasUsedRatio: Array(20).fill(0.5), reward: Array(20).fill(["0x9184e72a000"]) };
    };
    const limits = { maxFeePerGas: 5n * GWEI, priorityFee: GWEI };
    const payer = account({ limits });
    await payer.broadcast(pay(1));
    expect(raws.map((raw) => Transaction.from(raw).maxFeePerGas)).to.deep.equal([5n * GWEI]);
    await ask("anvil_setNextBlockBaseFeePerGas", `0x${(8n * GWEI).toString(16)}`);
    await anvil.mine();
    await failure("FEE_CAP_REACHED", payer.broadcast(pay(2)));
    expect(raws.map((raw) => Transaction.from(raw).to?.toLowerCase())).to.not.include(receiver(2));
  });

  it("waits for a receipt that is missing for long after its nonce was counted, and that one node refuses to give", async () => {
    let reads = 0;
    endpoint.answer = async ({ method }, asIs) => {
      const answer = await asIs();
      if (method !== "eth_getTransactionReceipt" || answer === null || ++reads > 30) return answer;
      if (reads % 5 === 0) throw refusedIn(method, "transaction indexing is in progress");
      return null;
    };
    await ask("evm_setAutomine", true); // one block, and no other
    const mined = await account().send(pay(1));
    expect([reads > 30, await paid(1), kinds(), mined.gasUsed > 20_000n]).to.deep.equal([true, [1], ["sending", "ended"], true]);
  });

  it("takes no answer to a broadcast, and then a refusal for want of funds, for doubt", async () => {
    let broadcasts = 0;
    endpoint.answer = async ({ method }, asIs) => {
      if (method !== "eth_sendRawTransaction") return asIs();
      if (++broadcasts > 1) throw refusedIn(method, "insufficient funds for gas * price + value: balance 5, queued cost 4, tx cost 2");
      await asIs();
      throw new RpcUnanswered(method, "the node", "the connection was reset");
    };
    const sending = account().send(pay(1));
    sending.catch(() => undefined); // awaited below
    await eventually("the refusal is told", () => notices("without funds")[0]);
    await anvil.mineWhile(sending, 1);
    expect([await paid(1), broadcasts > 1]).to.deep.equal([[1], true]);
  });

  it("says before it signs that value and gas cannot be paid", async () => {
    await ask("anvil_setBalance", wallet(0).address, "0x1000");
    await failure("ACCOUNT_UNFUNDED", account().send(pay(1)));
    expect(kinds()).to.deep.equal([]);
  });

  it("says why a transaction reverted, and that of which", async () => {
    const fickle = receiver(7); // reverts once it has any ether
    await ask("anvil_setCode", fickle, "0x47600557005b5f5ffd");
    const sending = account()
      .send({ to: fickle, data: "0x" })
      .catch((error: unknown) => error);
    const { hash } = (await told("sending")) as Extract<AccountNews, { kind: "sending" }>;
    await ask("anvil_setBalance", fickle, "0x1");
    expect(await anvil.mineWhile(sending, 1))
      .to.be.instanceOf(ContractRefused)
      .with.property("txHash", hash);
  });

  it("gives a transaction up when another one of its nonce is final and not before, and sends it under no other nonce", async () => {
    let counts = 0;
    endpoint.answer = ({ method, params }, asIs) => {
      if (method === "eth_getTransactionCount") counts++;
      if (method === "eth_sendRawTransaction") return Promise.resolve(Transaction.from(String(params[0])).hash); // taken, and lost
      return asIs();
    };
    const payer = account();
    const sent = await payer.broadcast(pay(1));
    const foreign = await wallet(0).signTransaction({
      ...{ type: 2, chainId: 31_337, nonce: 0, to: receiver(8), value: 1n, gasLimit: 21_000 },
      ...{ maxFeePerGas: 100n * GWEI, maxPriorityFeePerGas: GWEI },
    });
    await ask("eth_sendRawTransaction", foreign);
    await anvil.mine(20);
    const before = counts;
    await eventually("the chain was looked at", () => counts > before + 8 || undefined);
    expect(await payer.found(sent)).to.equal(undefined);
    await anvil.mine(20);
    await failure(
      "TRANSACTION_REPLACED",
      eventually("it is gone", () => payer.found(sent)),
    );
    expect(await paid(1, 8)).to.deep.equal([0, 1]);
  });

  describe("that an earlier process left something", () => {
    /** Sends and ends before anything is mined. */
    async function leave(n: number): Promise<string> {
      const payer = account();
      const ended = failure("DURABLE_CLOSED", payer.send(pay(n)));
      const { hash } = (await told("sending")) as Extract<AccountNews, { kind: "sending" }>;
      await payer.close();
      await ended;
      await ask("anvil_dropAllTransactions");
      news.splice(0);
      return hash;
    }

    it("takes it over where it is asked for the same, and pays once", async () => {
      const hash = await leave(1);
      const mined = await anvil.mineWhile(account().send(pay(1)), 1);
      expect([mined.hash, mined.earlier, kinds()]).to.deep.equal([hash, true, ["earlier", "ended", "taken over", "ended"]]);
      expect(await paid(1)).to.deep.equal([1]);
    });

    it("does it once more where whoever asks has seen on the chain that it is to be done, and takes nothing over after that", async () => {
      const hash = await leave(1);
      let payer = account();
      const mined = await anvil.mineWhile(payer.send(pay(1), "payment", { anew: true }), 1);
      expect([mined.hash === hash, mined.earlier, kinds()]).to.deep.equal([false, undefined, ["earlier", "ended", "sending", "ended"]]);
      await payer.close();
      payer = account();
      await anvil.mineWhile(payer.send(pay(1)), 1);
      expect(await paid(1)).to.deep.equal([3]);
    });

    it("tells its end before it sends anything else, and pays again when it is asked again after that", async () => {
      await leave(1);
      let payer = account();
      const other = await anvil.mineWhile(payer.send(pay(2)), 1);
      expect([other.earlier, kinds()]).to.deep.equal([undefined, ["earlier", "ended", "sending", "ended"]]);
      await payer.close();
      payer = account();
      const again: Mined = await anvil.mineWhile(payer.send(pay(1)), 1);
      expect([again.earlier, await paid(1, 2)]).to.deep.equal([undefined, [2, 1]]);
    });

    it("forgets what was never signed, and sends it", async () => {
      const store = await openSqliteStore({ path: join(directory, "account.db") });
      const unheard = await Unheard.open(store, 31_337, wallet(0).address);
      await unheard.want({ what: "payment", to: receiver(1), data: "0x", value: "1" });
      await store.close();
      const { earlier } = await anvil.mineWhile(account().send(pay(1)), 1);
      expect([earlier, kinds(), await paid(1)]).to.deep.equal([undefined, ["sending", "ended"], [1]]);
    });
  });
});
