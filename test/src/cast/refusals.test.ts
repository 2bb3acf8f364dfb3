import { expect } from "chai";
import { Interface, type InterfaceAbi } from "ethers";
import { readFileSync } from "node:fs";
import { revertOf } from "../../../src/chain/batch/simulation.ts";
import { RpcRefused } from "../../../src/chain/rpc/rpc.ts";
import { refusalOf, refusals } from "../../../src/cast/refusals.ts";

const contracts = [
  "contracts/vault/CollateralVault.sol/CollateralVault",
  "contracts/vault/CastToken.sol/CastToken",
  "contracts/price/ProvenPrices.sol/ProvenPrices",
  "contracts/governance/StakedVotes.sol/StakedVotes",
  "contracts/governance/MintGovernor.sol/MintGovernor",
  "contracts/mint/VoucherMinter.sol/VoucherMinter",
  "@openzeppelin/contracts/governance/TimelockController.sol/TimelockController",
  "@openzeppelin/contracts/access/manager/AccessManager.sol/AccessManager",
];
const abiOf = (path: string): InterfaceAbi =>
  (JSON.parse(readFileSync(new URL(`../../../artifacts/${path}.json`, import.meta.url), "utf8")) as { abi: InterfaceAbi }).abi;

describe("Refusals of contracts", () => {
  it("are errors that the contracts have, to the byte", () => {
    const known = new Set<string>();
    for (const path of contracts) new Interface(abiOf(path)).forEachError(({ selector }) => known.add(selector));
    const strange: string[] = [];
    refusals.forEachError(({ name, selector }) => {
      if (!known.has(selector) && name !== "Error" && name !== "Panic") strange.push(name);
    });
    expect(strange).to.deep.equal([]);
  });

  it("of a report are told by their byte", () => {
    const error = refusalOf(refusals.encodeErrorResult("PriceProofRejected", [0x23]), "execution reverted");
    expect(error.code).to.equal("REPORT_REJECTED");
    expect(error.message).to.contain("0x23, NOT_NEWER");
    expect(error).to.have.property("txHash", undefined);
  });

  it("of what was sent name the transaction, a report's as well", () => {
    const hash = `0x${"ab".repeat(32)}`;
    for (const data of [refusals.encodeErrorResult("PriceProofRejected", [0x23]), refusals.encodeErrorResult("ZeroAmount")]) {
      const error = refusalOf(data, "execution reverted", hash);
      expect(error).to.have.property("txHash", hash);
      expect(error.message).to.contain(hash);
    }
  });

  it("of a token's amounts are in its smallest units, whatever its decimals", () => {
    const who = `0x${"1".repeat(40)}`;
    const short = refusalOf(refusals.encodeErrorResult("ERC20InsufficientBalance", [who, 5_000_000n, 7_500_000n]), "execution reverted");
    expect(short.message).to.match(/ has 5000000 of the token's smallest units, and 7500000 are needed$/);
  });

  it("in a contract's own text hide nothing, however it comes, and are cut off where they are long", () => {
    const hostile = "fine\u001b[2J\r\n1. \u202egnihton\u2028";
    const shown = "fine\\u{1b}[2J\\u{d}\\u{a}1. \\u{202e}gnihton\\u{2028}";
    const data = refusals.encodeErrorResult("Error", [hostile]);
    expect(refusalOf(data, "execution reverted").message).to.equal(`Error: it says '${shown}'`);
    const asked = new RpcRefused("eth_call", 3, `execution reverted: ${hostile}`, data);
    expect(asked.message).to.equal(`eth_call: execution reverted: ${shown} (3)`);
    expect(refusalOf("0x12345678", `reverted: ${hostile}`).message).to.equal(`reverted: ${shown}, data 0x12345678`);
    expect(revertOf(asked).reason, "of a simulated batch").to.equal(`Error(${shown})`);
    const long = refusals.encodeErrorResult("Error", ["é".repeat(1_000)]);
    expect(refusalOf(long, "").message).to.match(/'é{300}… \(700 more characters\)'$/);
    expect(revertOf(new RpcRefused("eth_call", 3, "execution reverted", long)).reason).to.match(/\(é{300}… \(700 more characters\)\)$/);
  });

  it("without words of their own are told by name and numbers", () => {
    const error = refusalOf(refusals.encodeErrorResult("DigestMissing", [4]), "execution reverted");
    expect(error.code).to.equal("CONTRACT_REFUSED");
    expect(error.message).to.equal("DigestMissing: 4");
  });
});
