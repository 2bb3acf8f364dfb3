import { expect } from "chai";
import { toBeHex, zeroPadValue } from "ethers";
import { consequencesOf, type Receipt } from "../../../../src/chain/lane/settlement.ts";
import type { OpenNonce } from "../../../../src/chain/lane/lane-ledger.ts";
import type { Order } from "../../../../src/order/index.ts";
import { MINTED_TOPIC, VOUCHER_SKIPPED_TOPIC } from "../../../../src/voucher/index.ts";
import { carrierOf, hashOf, idOf, inclusionIn, requestFor } from "../../order/orders.ts";

const minter = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const word = (value: number): string => zeroPadValue(toBeHex(value), 32);
const skipped = (number: number, reason: number, address = minter) => ({
  address,
  topics: [VOUCHER_SKIPPED_TOPIC, word(number)],
  data: word(reason),
});
const receipt = (status: string, logs: Receipt["logs"] = []): Receipt => ({
  ...{ transactionHash: hashOf(3), blockNumber: "0x5", blockHash: idOf(5), gasUsed: "0x1", to: minter.toLowerCase() },
  ...{ status, logs },
});
const order = (n: number, more: Partial<Order> = {}): Order => ({
  ...{ request: requestFor(n), kind: "broadcast", version: 4, requestedAt: 0, changedAt: 0 },
  ...{ voucher: { number: String(n), second: 1 }, carrier: carrierOf(3), ...more },
});
const attempt = (hash: string, orderIds: string[]) => ({
  ...{ nonce: 3, hash, gasLimit: 1, maxFeePerGas: "1", maxPriorityFeePerGas: "1", orderIds, version: 1 },
});
const open: OpenNonce = { nonce: 3, attempts: [attempt(hashOf(3), [idOf(1)]), attempt(idOf(33), [])] };
const told = (of: Receipt, orders: readonly Order[]): string[] =>
  consequencesOf(of, carrierOf(3), open, orders).map(({ orderId, command }) => `${Number(orderId)} ${command.kind}`);

describe("A transaction that is final", () => {
  it("and reverted fails the orders that it still carries and nobody else minted", () => {
    const orders = [order(1), order(2, { carrier: carrierOf(4) }), order(3, { kind: "tentative", inclusion: inclusionIn(6, idOf(9)) })];
    expect(told(receipt("0x0"), orders)).to.deep.equal(["1 fail"]);
  });

  it("and is the no-op that cancelled its nonce takes back what waits for the nonce, and nothing else", () => {
    const orders = [order(1), order(2, { carrier: carrierOf(4) })];
    expect(told({ ...receipt("0x1"), transactionHash: idOf(33) }, orders)).to.deep.equal(["1 unconfirm"]);
  });

  it("and succeeded leaves no order behind: what it minted is included, what expired or is not told of is driven again", () => {
    const minted = {
      address: minter,
      topics: [MINTED_TOPIC, idOf(3), word(9)],
      data: `0x${[7, 1, 3].map((n) => word(n).slice(2)).join("")}`,
    };
    const orders = [order(1), order(2), order(3), order(4)];
    expect(told(receipt("0x1", [skipped(1, 0), skipped(2, 1), minted]), orders)).to.deep.equal(["2 unconfirm", "3 include", "4 unconfirm"]);
  });

  it("fails what a receiver refused, by the minter's log and by no other contract's", () => {
    const [refused, ...more] = consequencesOf(receipt("0x1", [skipped(1, 2)]), carrierOf(3), open, [order(1)]);
    expect(refused?.command).to.deep.include({ kind: "fail", refusal: { code: "RECIPIENT_REFUSES" } });
    expect(more).to.deep.equal([]);
    const [doubtful] = consequencesOf(receipt("0x1", [skipped(1, 2)]), carrierOf(3), open, [order(1)], "doubt");
    expect(doubtful?.command).to.include({ kind: "fail" }).and.not.have.property("refusal"); // driven again
    const spoofed = skipped(1, 2, "0x70997970C51812dc3A010C7d01b50e0d17dc79C8");
    expect(told(receipt("0x1", [spoofed]), [order(1)])).to.deep.equal(["1 unconfirm"]);
  });
});
