import { expect } from "chai";
import { broadcastRows, classifyBroadcastError } from "../../../../src/chain/rpc/broadcast-outcome.ts";
import { RpcRefused, RpcUnanswered } from "../../../../src/chain/index.ts";

/** In the words of the nodes that say them, one list a row of the table. */
const rows: readonly (readonly [outcome: string, ...words: string[]])[] = [
  ["accepted", "already known", "transaction already imported", "known transaction: 0xab"],
  ["doubt", "nonce too low: next nonce 5, tx nonce 4", "nonce too low", "Nonce too low. Expected nonce to be 5 but got 4."],
  ["doubt", "replacement transaction underpriced", "transaction underpriced"],
  [
    "never-sent funds",
    "insufficient funds for gas * price + value: balance 0, tx cost 1",
    "Insufficient funds for gas * price + value",
    "Sender doesn't have enough funds to send tx",
  ],
  [
    "never-sent refused",
    "intrinsic gas too low",
    "exceeds block gas limit",
    "transaction gas limit too high (cap: 16777216)",
    "oversized data",
  ],
  ["doubt", "max fee per gas less than block base fee", "fee cap less than block base fee"],
  [
    "never-sent refused",
    "invalid sender",
    "invalid chain id for signer: have 1 want 5",
    "only replay-protected (EIP-155) transactions allowed over RPC",
  ],
];

function outcomeOf(error: unknown): string {
  const outcome = classifyBroadcastError(error);
  return outcome.kind === "never-sent" ? `${outcome.kind} ${outcome.cause}` : outcome.kind;
}

describe("What a node's answer to a broadcast means", () => {
  it("is told for every row of the table", () => {
    expect(rows).to.have.lengthOf(broadcastRows.length);
  });

  rows.forEach(([outcome, ...words], i) => {
    it(`${outcome}: "${words[0] ?? ""}"`, () => {
      for (const each of words) {
        expect(
          broadcastRows.findIndex(({ says }) => says.test(each)),
          each,
        ).to.equal(i);
        expect(outcomeOf(new RpcRefused("eth_sendRawTransaction", -32_000, each, undefined)), each).to.equal(outcome);
      }
    });
  });

  it("is doubt where no row knows the words, and where there was no answer at all", () => {
    expect(
      outcomeOf(new RpcRefused("eth_sendRawTransaction", -32_005, "daily request count exceeded, request rate limited", undefined)),
    ).to.equal("doubt");
    expect(outcomeOf(new RpcUnanswered("eth_sendRawTransaction", "node", "HTTP 500"))).to.equal("doubt");
    expect(outcomeOf(new RpcUnanswered("eth_sendRawTransaction", "node", "insufficient funds"))).to.equal("doubt"); // not the node's words
    expect(outcomeOf(new Error("already known"))).to.equal("doubt");
    expect(outcomeOf("what")).to.equal("doubt");
  });
});
