import { expect } from "chai";
import { id } from "ethers";
import { FeeCapReached, FeeOracle, type FeeOracleParts, networkOf } from "../../../../src/chain/index.ts";
import { checkFunds } from "../../../../src/chain/preflight.ts";
import { toQuantity } from "../../../../src/chain/rpc/rpc.ts";
import { signTransaction } from "../../../../src/chain/lane/transaction.ts";
import { Secret } from "../../../../src/secret.ts";
import { nativeSigner } from "../../../../src/voucher/index.ts";
import { Anvil } from "../../../anvil.ts";
import { rpcWith } from "../../mintd/world.ts";
import { failure } from "../../store/expectations.ts";
import { HandClock } from "../rpc/hand-clock.ts";

const gwei = 1_000_000_000n;
const lane = nativeSigner(new Secret("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"));
const limits = { maxFeePerGas: 200n * gwei, priorityFee: gwei };
const base = networkOf(8_453);
const price = { maxFeePerGas: 3n * gwei, maxPriorityFeePerGas: gwei };

/**
 * Code that answers one function with `factor` times the word at `place` of its calldata, and reverts for any other.
 * Written out: PUSH0 CALLDATALOAD PUSH1 e0 SHR, PUSH4 selector EQ, PUSH1 15 JUMPI, PUSH0 PUSH0 REVERT, JUMPDEST,
 * PUSH1 place CALLDATALOAD, PUSH2 factor MUL, PUSH0 MSTORE, PUSH1 20 PUSH0 RETURN.
 */
function oracleCode(signature: string, place: number, factor: number): string {
  const selector = id(signature).slice(2, 10);
  const hex = (value: number, bytes: number) => value.toString(16).padStart(2 * bytes, "0");
  return `0x5f3560e01c63${selector}146011575f5ffd5b60${hex(place, 1)}3561${hex(factor, 2)}025f5260205ff3`;
}

async function refused(work: Promise<unknown>): Promise<void> {
  expect(await work.catch((error: unknown) => error)).to.include({ code: "RPC_REFUSED" });
}

describe("FeeOracle over anvil", () => {
  let anvil: Anvil;
  let asked: string[];
  let clock: HandClock;
  let nonce = 0;

  before(async () => {
    anvil = await Anvil.start({ noMining: true, chainId: 8_453 });
  });
  after(() => anvil.kill());
  beforeEach(() => {
    asked = [];
    clock = new HandClock();
  });

  const oracle = (parts: Partial<FeeOracleParts> = {}) =>
    new FeeOracle({ rpc: rpcWith(anvil.rpc, (method) => void asked.push(method)), clock, limits, network: networkOf(1), ...parts });

  /** A block with one transaction that pays this tip. */
  async function blockWithTip(tip: bigint): Promise<void> {
    const fees = { maxFeePerGas: 300n * gwei, maxPriorityFeePerGas: tip };
    const { raw } = await signTransaction(
      { chainId: 8_453, nonce: nonce++, to: lane.address, data: "0x", gasLimit: 21_000, ...fees },
      lane,
    );
    await anvil.rpc.request("eth_sendRawTransaction", [raw]);
    await setBaseFee(gwei);
    await anvil.mine();
  }

  /** Of the block that is mined next. */
  const setBaseFee = (fee: bigint) => anvil.rpc.request("anvil_setNextBlockBaseFeePerGas", [toQuantity(fee)]);

  async function baseFeeNext(): Promise<bigint> {
    const history = await anvil.rpc.request<{ baseFeePerGas: string[] }>("eth_feeHistory", ["0x1", "latest", []]);
    return BigInt(history.baseFeePerGas.at(-1) ?? "0x0");
  }

  it("offers the floor on a chain whose blocks are empty", async () => {
    await anvil.mine(30);
    const next = await baseFeeNext();
    const { maxFeePerGas, maxPriorityFeePerGas } = await oracle().feesAt(undefined);
    expect(maxPriorityFeePerGas).to.equal(gwei);
    expect(maxFeePerGas).to.equal((next * 9n ** 6n + 8n ** 6n - 1n) / 8n ** 6n + gwei);
  });

  it("learns the tip from what blocks paid, and keeps calm in a spike", async () => {
    for (let i = 0; i < 20; i++) await blockWithTip(3n * gwei);
    expect((await oracle().feesAt(undefined)).maxPriorityFeePerGas).to.equal(3n * gwei);
    for (let i = 0; i < 8; i++) await blockWithTip(90n * gwei);
    expect((await oracle().feesAt(undefined)).maxPriorityFeePerGas).to.equal(3n * gwei);
    expect((await oracle({ limits: { ...limits, priorityFee: 5n * gwei } }).feesAt(undefined)).maxPriorityFeePerGas).to.equal(5n * gwei);
  });

  it("outlives as many full blocks as wanted, within the cap", async () => {
    await setBaseFee(40n * gwei);
    await anvil.mine();
    const next = await baseFeeNext();
    const two = await oracle({ targetBlocks: 2 }).feesAt(undefined);
    expect(two.maxFeePerGas).to.equal((next * 81n + 63n) / 64n + two.maxPriorityFeePerGas);
    const cut = await oracle({ limits: { maxFeePerGas: next + 1n, priorityFee: gwei } }).feesAt(undefined);
    expect(cut.maxFeePerGas, "near the cap: cut to it").to.equal(next + 1n);
  });

  it("refuses while the base fee is above the cap, and goes on when it has fallen", async () => {
    await setBaseFee(400n * gwei);
    await anvil.mine();
    const fees = oracle();
    const error = await fees.feesAt("0x01").catch((thrown: unknown) => thrown);
    expect(error).to.be.instanceOf(FeeCapReached);
    await setBaseFee(gwei);
    await anvil.mine();
    expect((await fees.feesAt("0x02")).maxFeePerGas < limits.maxFeePerGas).to.equal(true);
  });

  it("asks once under each head, however many ask at the same time, and again after a failure", async () => {
    let broken = true;
    const rpc = rpcWith(anvil.rpc, async (method) => {
      asked.push(method);
      if (broken) await anvil.rpc.request("no_such_method", []);
    });
    const fees = oracle({ rpc });
    await refused(fees.feesAt("0x01"));
    broken = false;
    await Promise.all(["0x01", "0x01", "0x01"].map((head) => fees.feesAt(head)));
    expect(asked).to.have.lengthOf(2);
    await fees.feesAt("0x02");
    await fees.feesAt("0x02");
    expect(asked).to.have.lengthOf(3);
    await fees.feesAt(undefined);
    await fees.feesAt(undefined);
    expect(asked).to.have.lengthOf(5);
  });

  describe("the cost of a transaction", () => {
    const question = { gasLimit: 100_000, fees: price, rawBytes: 1_500 };
    const gas = 100_000n * 3n * gwei;
    const setCode = (code: string) => anvil.rpc.request("anvil_setCode", [base.l1FeeOracle, code]);

    it("is its gas on L1, and asks nobody", async () => {
      expect(await oracle().estimateCost(question)).to.equal(gas);
      expect(asked).to.deep.equal([]);
    });

    it("includes what Base charges for L1: the upper bound of Fjord, asked for once in ten blocks for a size", async () => {
      await setCode(oracleCode("getL1FeeUpperBound(uint256)", 4, 1_000));
      const fees = oracle({ network: base });
      expect(await fees.estimateCost(question)).to.equal(gas + 2_048n * 1_000n);
      expect(await fees.estimateCost({ ...question, rawBytes: 2_000 })).to.equal(gas + 2_048n * 1_000n);
      expect(asked).to.have.lengthOf(1);
      expect(await fees.estimateCost({ ...question, rawBytes: 3_000 })).to.equal(gas + 3_072n * 1_000n);
      await setCode(oracleCode("getL1FeeUpperBound(uint256)", 4, 5_000));
      clock.move(19_999);
      expect(await fees.estimateCost(question)).to.equal(gas + 2_048n * 1_000n);
      clock.move(1);
      expect(await fees.estimateCost(question)).to.equal(gas + 2_048n * 5_000n);
    });

    it("asks in the way before Fjord where that one is not known", async () => {
      await setCode(oracleCode("getL1Fee(bytes)", 36, 7));
      expect(await oracle({ network: base }).estimateCost(question)).to.equal(gas + 2_048n * 7n);
    });

    it("is its gas where the chain has no such contract", async () => {
      await setCode("0x");
      expect(await oracle({ network: base }).estimateCost(question)).to.equal(gas);
    });

    it("says so where the contract knows neither, and asks again the next time", async () => {
      await setCode(oracleCode("nothing()", 4, 1));
      const fees = oracle({ network: base });
      await refused(fees.estimateCost(question));
      await setCode(oracleCode("getL1FeeUpperBound(uint256)", 4, 1_000));
      expect(await fees.estimateCost(question)).to.equal(gas + 2_048n * 1_000n);
    });

    it("counts before minting starts: the lane must be able to pay for L1 too", async () => {
      const gasPrice = BigInt(await anvil.rpc.request<string>("eth_gasPrice", []));
      const poor = `0x${"12".repeat(20)}`;
      await anvil.rpc.request("anvil_setBalance", [poor, toQuantity(gasPrice * 100_000n)]);
      await setCode("0x");
      await checkFunds(anvil.rpc, [poor], 8_453, 100_000);
      await setCode(oracleCode("getL1FeeUpperBound(uint256)", 4, 1_000));
      await failure("INSUFFICIENT_FUNDS", checkFunds(anvil.rpc, [poor], 8_453, 100_000));
    });
  });
});
