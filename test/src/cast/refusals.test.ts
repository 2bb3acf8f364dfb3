import { expect } from "chai";
import { Interface, type InterfaceAbi } from "ethers";
import { readFileSync } from "node:fs";
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

  it("without words of their own are told by name and numbers", () => {
    const error = refusalOf(refusals.encodeErrorResult("DigestMissing", [4]), "execution reverted");
    expect(error.code).to.equal("CONTRACT_REFUSED");
    expect(error.message).to.equal("DigestMissing: 4");
  });
});
