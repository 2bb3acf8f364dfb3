import { expect } from "chai";
import hre from "hardhat";
import type { Deployment } from "../../src/chain/index.ts";
import { InvalidArgument } from "../../tasks/arguments.ts";
import { callNamed, callWords, contractsOf, type NamedContract } from "../../tasks/governed-calls.ts";
import { callMotion, wantedBy } from "../../tasks/gov-propose.ts";

const names = [
  ...["AccessManager", "VoucherMinter", "EditionMinter"],
  ...["WETH", "ProvenPrices", "CollateralVault", "CastToken", "CastMinter"],
  ...["GovernanceToken", "StakedVotes", "TimelockController", "MintGovernor"],
];
const addressOf = (at: number): string =>
  `0x${String(at + 1)
    .repeat(40)
    .slice(0, 40)}`;

describe("Calls that are named", () => {
  let contracts: NamedContract[];
  const refusalOf = (call: string, args = ""): string => {
    try {
      callNamed(contracts, call, args);
    } catch (error) {
      expect(error).to.be.instanceOf(InvalidArgument);
      return (error as Error).message;
    }
    return "none";
  };
  const wordsOf = (call: string, args: string) => callWords(contracts, callNamed(contracts, call, args));

  before(async () => {
    const recorded = Object.fromEntries(names.map((name, at) => [name, { address: addressOf(at), args: [], codeHash: "" }]));
    contracts = await contractsOf(hre, { contracts: recorded } as unknown as Deployment);
    expect(contracts.map(({ name }) => name)).to.deep.equal(names);
  });

  it("are read back as contract, function and arguments, however these were written", () => {
    const terms = "ProvenPrices.setTerms(4543560, (4, 50, 60, 300))";
    expect(wordsOf("ProvenPrices.setTerms", "[4543560,[4,50,60,300]]")).to.equal(terms);
    expect(wordsOf("ProvenPrices.setTerms(uint64,(uint8,uint16,uint16,uint16))", '["0x455448",["4",50,60,300]]')).to.equal(terms);
    const who = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";
    expect(wordsOf("AccessManager.grantRole", `[2,"${who.toLowerCase()}",0]`)).to.equal(`AccessManager.grantRole(2, ${who}, 0)`);
    expect(wordsOf("VoucherMinter.setBaseURI", '["ipfs://a, \\"b\\"/"]')).to.equal('VoucherMinter.setBaseURI("ipfs://a, \\"b\\"/")');
    expect(wordsOf("AccessManager.setTargetFunctionRole", `["${who}",["0x12345678","0x9abcdef0"],4]`)).to.equal(
      `AccessManager.setTargetFunctionRole(${who}, [0x12345678, 0x9abcdef0], 4)`,
    );
    expect(wordsOf("WETH.deposit", "")).to.equal("WETH.deposit()");
    const large = "340282366920938463463374607431768211455";
    expect(wordsOf("WETH.withdraw", `["${large}"]`)).to.equal(`WETH.withdraw(${large})`);
  });

  it("are the same motion in the same words, whoever writes them", () => {
    const motion = (args: string, reason = "") => callMotion(contracts, { call: "ProvenPrices.setTerms", args }, reason);
    expect(motion("[4543560,[4,50,60,300]]")).to.deep.equal(motion('[ "4543560", ["4", "50", "60", "0x12c"] ]'));
    expect(motion("[1,[4,50,60,300]]", "larger circuit").description).to.equal(
      "Call ProvenPrices.setTerms(1, (4, 50, 60, 300)): larger circuit",
    );
  });

  it("are refused with what is expected", () => {
    expect(refusalOf("setTerms")).to.contain("a contract and its function");
    expect(refusalOf("Prices.setTerms")).to.contain("none of AccessManager, VoucherMinter");
    expect(refusalOf("ProvenPrices.setTermz")).to.contain("setTerms(uint64,(uint8,uint16,uint16,uint16))");
    expect(refusalOf("ProvenPrices.termsOf", "[1]"), "a view").to.contain("that change something are");
    expect(refusalOf("VoucherMinter.safeTransferFrom", "[]")).to.contain("safeTransferFrom(address,address,uint256,bytes)");
    const signature =
      "setTerms(uint64 assetId, (uint8 quorum, uint16 maxDeviationBps, uint16 maxAgeSeconds, uint16 maxDelaySeconds) terms)";
    const terms = (args: string) => refusalOf("ProvenPrices.setTerms", args);
    for (const args of [
      "",
      "{}",
      "[1",
      "4",
      "[1]",
      "[1,[4,50,60]]",
      "[1,[4,50,60,300],5]",
      "[1,[256,50,60,300]]",
      '[1,["four",50,60,300]]',
    ]) {
      expect(terms(args), args).to.contain(`${signature}: `);
    }
    expect(terms("[1,[256,50,60,300]]")).to.contain("out-of-bounds").and.not.contain("version=");
    expect(terms("[9007199254740993,[4,50,60,300]]"), "a number that JSON cannot carry").to.contain(signature);
    const closed = (value: string) => refusalOf("AccessManager.setTargetClosed", `["${addressOf(1)}",${value}]`);
    expect(closed("true")).to.equal("none");
    for (const bent of ['"false"', "0", "1", "null"]) expect(closed(bent)).to.contain("neither true nor false");
    const checksum = "0x90F79bf6EB2c4f870365E785982E1f101E93b907";
    expect(refusalOf("CollateralVault.unpause", `["${checksum}"]`)).to.contain("unpause(address collateral)");
  });

  it("are shown raw where the words would not say all of it", () => {
    const call = callNamed(contracts, "ProvenPrices.setTerms", "[1,[4,50,60,300]]");
    expect(callWords(contracts, { ...call, data: `${call.data}00` })).to.equal(undefined);
    expect(callWords(contracts, { ...call, data: call.data.slice(0, -2) })).to.equal(undefined);
    expect(callWords(contracts, { ...call, data: "0x12345678" })).to.equal(undefined);
    expect(callWords(contracts, { ...call, data: "0x" })).to.equal(undefined);
    expect(callWords(contracts, { ...call, to: `0x${"f".repeat(40)}` })).to.equal(undefined);
  });

  it("are proposed, or a ratio is, and never both or neither", () => {
    const nothing = { ratio: "", call: "", args: "" };
    expect(wantedBy({ ...nothing, ratio: "eth=13500" })).to.deep.equal({ name: "eth", ratioBps: 13_500n });
    expect(wantedBy({ ...nothing, call: "A.b", args: "[]" })).to.deep.equal({ call: "A.b", args: "[]" });
    for (const wrong of [{}, { ratio: "eth=1", call: "A.b" }, { ratio: "eth=1", args: "[]" }, { args: "[]" }, { ratio: "eth=65536" }]) {
      expect(() => wantedBy({ ...nothing, ...wrong }), JSON.stringify(wrong)).to.throw(InvalidArgument);
    }
  });
});
