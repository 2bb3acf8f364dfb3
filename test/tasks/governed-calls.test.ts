import { expect } from "chai";
import hre from "hardhat";
import { sameAs, standing } from "../../scripts/circuits/register.ts";
import type { Call, Proposal } from "../../src/cast/index.ts";
import type { Deployment } from "../../src/chain/index.ts";
import { InvalidArgument } from "../../tasks/arguments.ts";
import { callsWithin, callWords } from "../../tasks/call-words.ts";
import { callNamed, contractsOf, type NamedContract } from "../../tasks/governed-calls.ts";
import { besideWords, foundWords, proposalWords, triedWords } from "../../tasks/gov-context.ts";
import { callMotion, wantedBy } from "../../tasks/gov-propose.ts";

const names = [
  ...["AccessManager", "VoucherMinter", "EditionMinter"],
  ...["WETH", "ProvenPrices", "CollateralVault", "CastToken", "CastMinter"],
  ...["GovernanceToken", "StakedVotes", "TimelockController", "MintGovernor"],
];
const addressOf = (at: number): string => `0x${String(at + 10).repeat(20)}`;

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
    expect(wordsOf("AccessManager.grantRole", `[2,"${who.toLowerCase()}",0]`)).to.equal(`AccessManager.grantRole(2 = guardian, ${who}, 0)`);
    expect(wordsOf("VoucherMinter.setBaseURI", '["ipfs://a, \\"b\\"/"]')).to.equal('VoucherMinter.setBaseURI("ipfs://a, \\"b\\"/")');
    expect(wordsOf("AccessManager.setTargetFunctionRole", `["${who}",["0x12345678","0x9abcdef0"],4]`)).to.equal(
      `AccessManager.setTargetFunctionRole(${who}, [0x12345678, 0x9abcdef0], 4 = governor)`,
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

  describe("that other calls carry", () => {
    const who = "0x90F79bf6EB2c4f870365E785982E1f101E93b906";
    const call = (named: string, ...args: readonly unknown[]) => callNamed(contracts, named, JSON.stringify(args));
    const grant = () => call("AccessManager.grantRole", 0, who, 0);
    const granted = `AccessManager.grantRole(0 = admin, ${who}, 0)`;
    const word = `0x${"00".repeat(32)}`;
    const words = (each: Call) => callWords(contracts, each);

    it("are read too, by the contract they go to", () => {
      const { to: manager, data } = grant();
      const pause = call("CollateralVault.unpause", who);
      expect(words(call("AccessManager.multicall", [data, data]))).to.equal(`AccessManager.multicall([${granted}, ${granted}])`);
      expect(words(call("AccessManager.execute", manager, data))).to.equal(`AccessManager.execute(${manager}, ${granted})`);
      expect(words(call("AccessManager.schedule", pause.to, pause.data, 7))).to.equal(
        `AccessManager.schedule(${pause.to}, CollateralVault.unpause(${who}), 7)`,
      );
      const scheduled = call("TimelockController.schedule", manager, 5, data, word, word, 60);
      expect(words(scheduled)).to.equal(`TimelockController.schedule(${manager}, 5, ${granted}, ${word}, ${word}, 60)`);
      const parts = [
        [manager, pause.to],
        [0, 1],
        [data, pause.data],
      ];
      const batch = `[${manager}, ${pause.to}], [0, 1], [${granted}, CollateralVault.unpause(${who})]`;
      expect(words(call("TimelockController.executeBatch", ...parts, word, word))).to.equal(
        `TimelockController.executeBatch(${batch}, ${word}, ${word})`,
      );
      expect(words(call("MintGovernor.propose", ...parts, "why"))).to.equal(`MintGovernor.propose(${batch}, "why")`);
      expect(words(call("MintGovernor.relay", manager, 0, data))).to.equal(`MintGovernor.relay(${manager}, 0, ${granted})`);
      const twice = call("AccessManager.multicall", [call("AccessManager.execute", manager, data).data]);
      expect(words(twice)).to.equal(`AccessManager.multicall([AccessManager.execute(${manager}, ${granted})])`);
    });

    it("leave the whole raw where one of them is not explained", () => {
      const { to: manager, data } = grant();
      for (const hidden of [
        call("AccessManager.multicall", [data, `${data}00`]),
        call("AccessManager.multicall", [data, "0x12345678"]),
        call("AccessManager.execute", who, data),
        call("AccessManager.schedule", addressOf(5), data, 0),
        call("MintGovernor.relay", manager, 1, "0x"),
        call("TimelockController.executeBatch", [manager], [0, 0], [data, data], word, word),
        call("AccessManager.multicall", [call("AccessManager.execute", who, data).data]),
      ]) {
        expect(words(hidden), hidden.data).to.equal(undefined);
      }
      let deep = grant();
      for (let depth = 0; depth < 8; depth += 1) deep = call("AccessManager.multicall", [deep.data]);
      expect(words(deep)).to.contain(granted);
      expect(words(call("AccessManager.multicall", [deep.data])), "deeper than anybody needs").to.equal(undefined);
    });

    it("are all found, as deep as they are read", () => {
      const { to: manager, data } = grant();
      const inner = call("ProvenPrices.setTerms", 1, [4, 50, 60, 300]);
      const executed = call("AccessManager.execute", inner.to, inner.data);
      const whole = call("AccessManager.multicall", [executed.data, data]);
      expect(callsWithin(contracts, whole)).to.deep.equal([whole, executed, inner, { to: manager, data }]);
      const strange = { to: who, data };
      for (const alone of [inner, strange, { to: manager, data: "0x12345678" }, { to: manager, data: executed.data.slice(0, 60) }]) {
        expect(callsWithin(contracts, alone)).to.deep.equal([alone]);
      }
    });

    it("do not hide in bytes that are none: a signature, or a note to a receiver", () => {
      const { data } = grant();
      expect(words(call("VoucherMinter.safeTransferFrom(address,address,uint256,bytes)", who, who, 1, data))).to.contain(`1, ${data})`);
    });
  });

  describe("of a proposal", () => {
    const hostile = "Lower a fee\u001b[2J\u001b[8m\r\n1. \u202enothing\u2028\u0085\u200b";
    const shown = "Lower a fee\\u{1b}[2J\\u{1b}[8m\\u{d}\\u{a}1. \\u{202e}nothing\\u{2028}\\u{85}\\u{200b}";
    const proposal = (calls: readonly Call[], description: string): Proposal => ({
      ...{ id: "17", proposer: addressOf(8), calls, description, descriptionHash: "", state: "Pending" },
      ...{ now: 0n, snapshot: 1n, deadline: 2n, eta: 0n, inFavour: 0n, against: 0n, abstained: 0n, quorum: 1n, majorityBps: 6_600n },
    });
    const uri = (text: string) => callNamed(contracts, "VoucherMinter.setBaseURI", JSON.stringify([text]));

    it("are shown before its words, with the ether they send", () => {
      const paid = { to: addressOf(9), data: "0x", value: 50n * 10n ** 18n };
      const lines = proposalWords(contracts, proposal([uri("a"), paid], "Lower a fee")).split("\n");
      expect(lines.slice(0, 3)).to.deep.equal([
        "what it calls:",
        '1. VoucherMinter.setBaseURI("a")',
        `2. ${paid.to}: 0x, with 50000000000000000000 wei (50.0 ETH)`,
      ]);
      expect(lines.findIndex((line) => line.includes("Lower a fee"))).to.be.above(2);
    });

    it("are those of a motion only with the ether, and as long as it is open", () => {
      const wanted = uri("a");
      const ours = proposal([{ ...wanted, to: wanted.to.toUpperCase().replace("X", "x"), value: 0n }], "");
      const sabotaged = proposal([{ ...wanted, value: 1n }], "");
      expect(sameAs([sabotaged, { ...ours, state: "Defeated" }], [wanted])).to.deep.equal([]);
      expect(sameAs([sabotaged, ours], [wanted])).to.deep.equal([ours]);
    });

    it("need not be proposed again by who did it, or by others once nobody can cancel them", () => {
      const own = proposal([uri("a")], "");
      const theirs = { ...own, id: "18", proposer: addressOf(7) };
      const voted = { ...theirs, id: "19", state: "Active" } as const;
      expect(standing([theirs, voted, own], own.proposer.toUpperCase().replace("X", "x"))).to.equal(own);
      expect(standing([theirs, voted], own.proposer)).to.equal(voted);
      expect(standing([theirs], own.proposer), "a copy that may be cancelled at once").to.equal(undefined);
      expect(foundWords(own, own.proposer)).to.equal("this was proposed before; nothing was sent");
      expect(foundWords(voted, own.proposer)).to.contain(`of ${addressOf(7)}, who cannot cancel it any more`);
      expect(besideWords(theirs))
        .to.contain("proposal 18")
        .and.contain(`of ${addressOf(7)}, who may still cancel it`);
    });

    it("are shown beside words without the end that says whose they are, where that is true", () => {
      const described = (end: string) => proposalWords(contracts, proposal([uri("a")], `Lower a fee${end}`));
      for (const end of [` #proposer=${addressOf(8)}`, `#proposer=${addressOf(8)}`]) {
        expect(described(end)).to.contain("Lower a fee").and.not.contain("#proposer");
      }
      for (const end of [` #proposer=${addressOf(7)}`, ` #proposer=${addressOf(8)}.`, " #proposer=0x12"]) {
        expect(described(end), end).to.contain(`Lower a fee${end}`);
      }
    });

    it("are said to be tried, or not", () => {
      expect(triedWords(0, 2)).to.contain("none of its calls was tried");
      expect(triedWords(1, 2)).to.contain("only the first of its 2 calls");
      expect(triedWords(2, 2)).to.contain("all of its 2 calls were tried");
    });

    it("are not hidden by what its proposer wrote, there or in an argument", () => {
      const words = proposalWords(contracts, proposal([uri(hostile)], hostile));
      expect(words)
        .to.contain(shown)
        .and.not.match(/[^\P{C}\n]|[\u2028\u2029]/u);
      expect(words.split("\n").filter((line) => line.startsWith("1. "))).to.have.length(1);
      const inJson = callWords(contracts, uri(hostile)) ?? "";
      expect(inJson).to.not.match(/\p{C}/u);
    });

    it("are shown whole where text is long, which is cut off and says so", () => {
      const long = "é".repeat(1_000);
      const call = uri(long);
      expect(callWords(contracts, call), "machines get all of it").to.equal(`VoucherMinter.setBaseURI("${long}")`);
      const words = proposalWords(contracts, proposal([call], long));
      expect(words.match(/é{300}"?… \(700 more characters\)/gu)).to.have.length(2);
      expect(words).to.not.contain("é".repeat(301));
    });
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
