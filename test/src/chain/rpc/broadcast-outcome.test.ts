import { expect } from "chai";
import { RpcRefused, RpcUnanswered } from "../../../../src/chain/index.ts";
import { classifyBroadcastError } from "../../../../src/chain/rpc/broadcast-outcome.ts";
import { broadcastRows } from "../../../../src/chain/rpc/broadcast-rows.ts";
import { ProviderRpc } from "../../../../src/chain/rpc/provider-rpc.ts";
import type { Rpc } from "../../../../src/chain/rpc/rpc.ts";
import { signTransaction, type UnsignedTransaction } from "../../../../src/chain/lane/transaction.ts";
import { Secret } from "../../../../src/secret.ts";
import { nativeSigner } from "../../../../src/voucher/index.ts";
import { Anvil } from "../../../anvil.ts";
import hre from "hardhat";

const refused = (words: string, rpcCode = -32_000) => new RpcRefused("eth_sendRawTransaction", rpcCode, words, undefined);

function meaningOf(error: unknown): string {
  const outcome = classifyBroadcastError(error);
  if (outcome.kind === "never-sent") return outcome.cause;
  return (outcome.kind === "doubt" ? outcome.hint : undefined) ?? outcome.kind;
}

/** What no row may take for anything but doubt. */
const unheard: readonly [words: string, rpcCode?: number][] = [
  ["daily request count exceeded, request rate limited", -32_005],
  ["Internal error", -32_603],
  ["Timeout expired", -32_603],
  ["request timed out", -32_002],
  ["node is syncing", -32_010],
  ["Initial sync is still in progress", -32_008],
  ["Transaction pool not enabled. (Either txpool explicitly disabled, or node not yet in sync).", -32_002],
  ["unknown transaction", -32_000],
  ["execution reverted: nonce too low", 3],
  ["execution reverted: insufficient balance", 3],
  ["address already reserved"],
  ["header not found"],
  ["no message", 0],
  [""],
];

describe("What a node's answer to a broadcast means", () => {
  for (const { says, means, examples } of broadcastRows) {
    describe(`${means}: ${says.source.slice(0, 60)}`, () => {
      for (const [client, words, rpcCode] of examples) {
        it(`${client}: "${words}"`, () => {
          expect(meaningOf(refused(words, rpcCode))).to.equal(means);
          expect(says.test(words), "the row itself").to.equal(true);
        });
      }
    });
  }

  it("knows the words of every client for the answers that matter most", () => {
    const clients = ["geth", "nethermind", "besu", "erigon", "reth", "anvil", "hardhat"];
    for (const meaning of ["accepted", "nonce-used", "underpriced", "funds", "refused"]) {
      const heard = broadcastRows.filter(({ means }) => means === meaning).flatMap(({ examples }) => examples.map(([client]) => client));
      expect(
        clients.filter((client) => !heard.some((each) => each === client)),
        meaning,
      ).to.deep.equal([]);
    }
  });

  for (const [words, rpcCode] of unheard) {
    it(`doubts "${words}"`, () => {
      expect(meaningOf(refused(words, rpcCode))).to.equal("doubt");
    });
  }

  it("is doubt where there was no answer at all, whatever the words", () => {
    expect(meaningOf(new RpcUnanswered("eth_sendRawTransaction", "node", "HTTP 500"))).to.equal("doubt");
    expect(meaningOf(new RpcUnanswered("eth_sendRawTransaction", "node", "insufficient funds"))).to.equal("doubt"); // not the node's words
    expect(meaningOf(new Error("already known"))).to.equal("doubt");
    expect(meaningOf("what")).to.equal("doubt");
  });
});

/** The two nodes that are at hand say today what the table says. */
describe("What anvil and Hardhat answer to a broadcast", () => {
  const key = nativeSigner(new Secret("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
  const poor = nativeSigner(new Secret(`0x${"7".repeat(64)}`));
  let anvil: Anvil;
  const nodes: Record<string, Rpc> = {};

  before(async () => {
    anvil = await Anvil.start({ noMining: true });
    nodes["anvil"] = anvil.rpc;
    const hardhat = new ProviderRpc((await hre.network.create("node")).provider);
    await hardhat.request("evm_setIntervalMining", [0]);
    nodes["hardhat"] = hardhat;
  });

  after(() => anvil.kill());

  const usual: UnsignedTransaction = {
    chainId: 31_337,
    nonce: 0,
    to: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8",
    data: "0x",
    gasLimit: 21_000,
    maxFeePerGas: 10_000_000_000n,
    maxPriorityFeePerGas: 1_000_000_000n,
  };

  async function answer(rpc: Rpc, change: Partial<UnsignedTransaction> = {}, signer = key): Promise<string> {
    const { raw } = await signTransaction({ ...usual, ...change }, signer);
    return rpc.request("eth_sendRawTransaction", [raw]).then(() => "taken", meaningOf);
  }

  for (const node of ["anvil", "hardhat"]) {
    it(`${node}: from the first broadcast to a nonce that is used`, async () => {
      const rpc = nodes[node];
      if (!rpc) throw new Error("the node did not start");
      expect(await answer(rpc)).to.equal("taken");
      expect(await answer(rpc), "the same bytes").to.equal("accepted");
      expect(await answer(rpc, { maxFeePerGas: 9_999_999_999n, maxPriorityFeePerGas: 999_999_999n }), "a little less").to.equal(
        "underpriced",
      );
      expect(await answer(rpc, { nonce: 1, gasLimit: 20_000 }), "too little gas").to.equal("refused");
      const tooMuch = await answer(rpc, { nonce: 1, gasLimit: 2 ** 24 + 1 });
      expect(tooMuch, "more gas than a transaction may use (EIP-7825)").to.equal(node === "anvil" ? "taken" : "refused");
      expect(await answer(rpc, { nonce: 1, chainId: 1 }), "another chain").to.equal("refused");
      expect(await answer(rpc, {}, poor), "no money").to.equal("funds");
      await rpc.request("evm_mine", []);
      expect(await answer(rpc), "the same bytes, mined").to.be.oneOf(["nonce-used", "accepted"]);
      expect(await answer(rpc, { data: "0x00", gasLimit: 30_000 }), "other bytes, the nonce used").to.equal("nonce-used");
    });
  }
});
