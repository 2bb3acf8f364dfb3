import { expect } from "chai";
import { concat, dataSlice, hexlify, Interface, keccak256, parseEther, toBeHex, toUtf8Bytes } from "ethers";
import { ContractRefused, duration, ProposalNotReady, ProposalUnknown, spokenWords, Vote, warpTo } from "../../../src/cast/index.ts";
import { governorAbi, vaultAbi } from "../../../src/cast/abi.ts";
import { type Rpc, RpcRefused, toQuantity } from "../../../src/chain/rpc/rpc.ts";
import { rangesOf, WatchedRpc } from "./watched-rpc.ts";
import { CastWorld } from "./world.ts";

const erc20 = new Interface(["function transfer(address to, uint256 amount) returns (bool)"]);
const stateOf = governorAbi.getFunction("state")?.selector ?? "";

describe("The vote over the vault's ratios", function () {
  this.timeout(60_000);
  let world: CastWorld;
  let vote: Vote;
  let clean: string;

  const warp = (to: bigint) => warpTo(world.anvil.rpc, to);
  const errorOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined).catch((error: unknown) => error);

  /** Stakes that count, which they do from the next second on. */
  async function staked(amount: string): Promise<string[]> {
    const steps = await vote.stake(world.account(0), parseEther(amount));
    await warp((await world.vault.newest()).timestamp + 1n);
    return steps.map(({ what }) => what);
  }

  before(async () => {
    world = await CastWorld.begin();
    vote = new Vote(world.anvil.rpc, world.contracts, 0);
  });
  after(() => world.end());
  beforeEach(async () => {
    clean = await world.anvil.rpc.request<string>("evm_snapshot", []);
  });
  afterEach(() => world.revert(clean));

  it("takes ether from 150 % to 135 % through all its days", async () => {
    const account = world.account(0);
    expect(await staked("2500000")).to.deep.equal(["approve", "stake"]);
    const { pool } = await world.pool();
    const { id } = await vote.propose(account, vote.ratioMotion(pool, 13_500n));
    const proposed = await vote.proposal(id);
    expect(proposed).to.include({
      state: "Pending",
      description: `Set the ratio of WETH (${pool.collateral}) to 135.00 % #proposer=${account.address}`,
    });
    expect(await errorOf(vote.ready(id, "voted on")))
      .to.be.instanceOf(ProposalNotReady)
      .with.property("hint")
      .that.contains("in 1 d");
    expect(await errorOf(vote.propose(account, vote.ratioMotion(pool, 13_500n))))
      .to.be.instanceOf(ContractRefused)
      .with.property("message")
      .that.contains("is Pending");
    await vote.vote(account, await vote.ready(id, "voted on", warp), "for");
    expect(await errorOf(vote.ready(id, "queued")))
      .to.have.property("message")
      .that.contains("it is Active");
    await vote.queue(account, await vote.ready(id, "queued", warp));
    expect(await errorOf(vote.ready(id, "executed")))
      .to.have.property("hint")
      .that.contains("in 2 d");
    await vote.execute(account, await vote.ready(id, "executed", warp));
    const executed = await vote.proposal(id);
    expect(executed).to.include({ state: "Executed", inFavour: parseEther("2500000"), against: 0n });
    expect(executed.now - proposed.now >= 10n * 86_400n).to.equal(true);
    expect((await world.pool()).pool.terms).to.include({ ratioBps: 13_500n, liquidationRatioBps: 13_000n });
    expect(await errorOf(vote.ready(id, "executed", warp))).to.be.instanceOf(ProposalNotReady);
  });

  it("proposes in words that nobody else may, whose copy comes first and hinders nothing", async () => {
    const [account, copier] = [world.account(0), world.account(1)];
    await staked("2500000");
    const give = erc20.encodeFunctionData("transfer", [copier.address, parseEther("20000")]);
    await account.send({ to: world.contracts.GovernanceToken.address, data: give });
    await vote.stake(copier, parseEther("20000"));
    await warp((await world.vault.newest()).timestamp + 1n);
    const motion = vote.ratioMotion((await world.pool()).pool, 13_500n);
    const to = world.contracts.MintGovernor.address;
    const parts = [motion.calls.map((call) => call.to), [0n], motion.calls.map(({ data }) => data)] as const;
    const proposing = (words: string) => ({ to, data: governorAbi.encodeFunctionData("propose", [...parts, words]) });
    const refused = await errorOf(copier.send(proposing(`${motion.description} #proposer=${account.address}`)));
    expect(refused).to.be.instanceOf(ContractRefused).with.property("reason", "GovernorRestrictedProposer");
    // What it may do: the same calls, in words that end otherwise.
    await copier.send(proposing(motion.description));
    const { id: copied } = await vote.propose(copier, motion);
    const { id } = await vote.propose(account, motion);
    const cancelAbi = new Interface(["function cancel(address[], uint256[], bytes[], bytes32)"]);
    await copier.send({ to, data: cancelAbi.encodeFunctionData("cancel", [...parts, keccak256(toUtf8Bytes(motion.description))]) });
    const proposals = await vote.proposals();
    expect(proposals.map(({ proposer, state }) => [proposer, state])).to.deep.equal([
      [copier.address, "Canceled"],
      [copier.address, "Pending"],
      [account.address, "Pending"],
    ]);
    expect(proposals.slice(1).map((each) => each.id)).to.deep.equal([copied, id]);
    expect(proposals.map(spokenWords)).to.deep.equal(Array(3).fill(motion.description));
    await vote.assertProposable(account.address, { ...motion, description: "other words" });
    expect(await errorOf(vote.assertProposable(account.address, motion)), "it is there").to.be.instanceOf(ContractRefused);
  });

  it("ends a proposal that most are against, and queues it never", async () => {
    const account = world.account(0);
    await staked("2500000");
    const { id } = await vote.propose(account, vote.ratioMotion((await world.pool()).pool, 13_500n, "to try"));
    await vote.vote(account, await vote.ready(id, "voted on", warp), "against");
    expect(await errorOf(vote.ready(id, "queued", warp)))
      .to.be.instanceOf(ProposalNotReady)
      .with.property("message")
      .that.contains("Defeated");
  });

  it("refuses to propose what could never be executed, and whoever has too little at stake", async () => {
    const { pool } = await world.pool();
    const tooLow = await errorOf(vote.propose(world.account(0), vote.ratioMotion(pool, 11_000n)));
    expect(tooLow).to.be.instanceOf(ContractRefused).with.property("reason", "RatioTooLow");
    await staked("20000");
    const unstaked = await errorOf(vote.propose(world.account(0), vote.ratioMotion(pool, 13_500n)));
    expect(unstaked).to.have.property("reason", "TotalStakeTooLow");
    await staked("2500000");
    const stranger = await errorOf(vote.propose(world.account(1), vote.ratioMotion(pool, 13_500n)));
    expect(stranger).to.have.property("reason", "GovernorInsufficientProposerVotes");
    expect(await errorOf(vote.proposal("17"))).to.be.instanceOf(ProposalUnknown);
    expect(await vote.proposals()).to.deep.equal([]);
    // What is refused now may be right when it is executed.
    expect(await vote.propose(world.account(0), vote.ratioMotion(pool, 11_000n), true)).to.include({ tried: 0 });
  });

  it("tells a contract's own words in one line that nothing is hidden by", async () => {
    await staked("2500000");
    const says = new Interface(["error Error(string)"]).encodeErrorResult("Error", ["\u001b[2Jfine\n\u202e"]);
    const size = toBeHex((says.length - 2) / 2, 2);
    const code = concat(["0x61", size, "0x600c5f39", "0x61", size, "0x5ffd", says]); // reverts with what follows
    const to = `0x${"7f".repeat(20)}`;
    await world.anvil.rpc.request("anvil_setCode", [to, code]);
    const motion = { calls: [{ to, data: "0x" }], description: "to a contract of somebody else" };
    const refused = await errorOf(vote.propose(world.account(0), motion));
    expect(refused).to.be.instanceOf(ContractRefused).with.property("message", "Error: it says '\\u{1b}[2Jfine\\u{a}\\u{202e}'");
    expect(await errorOf(world.anvil.rpc.request("eth_call", [{ to }, "latest"])))
      .to.have.property("message")
      .that.does.not.match(/\p{C}/u);
  });

  it("keeps the ether that a proposal sends, and sends it", async () => {
    const account = world.account(0);
    await staked("2500000");
    const { TimelockController } = world.contracts;
    await account.send({ to: TimelockController.address, data: "0x", value: parseEther("50") });
    const heir = `0x${"7e".repeat(20)}`;
    const { calls } = vote.ratioMotion((await world.pool()).pool, 13_500n);
    const motion = { calls: [...calls, { to: heir, data: "0x", value: parseEther("50") }], description: "a ratio, and more" };
    const { id, tried } = await vote.propose(account, motion);
    expect(tried).to.equal(2);
    expect((await vote.proposal(id)).calls.map(({ value }) => value)).to.deep.equal([0n, parseEther("50")]);
    await vote.vote(account, await vote.ready(id, "voted on", warp), "for");
    await vote.queue(account, await vote.ready(id, "queued", warp));
    await vote.execute(account, await vote.ready(id, "executed", warp));
    expect(BigInt(await world.anvil.rpc.request<string>("eth_getBalance", [heir, "latest"]))).to.equal(parseEther("50"));
    const unpaid = { ...motion, calls: [{ to: heir, data: "0x", value: parseEther("51") }] };
    expect(await errorOf(vote.propose(account, unpaid)), "more than the timelock has").to.be.instanceOf(RpcRefused);
  });

  it("reads, queues and executes a proposal whose words are no UTF-8, which hinders no other", async () => {
    const account = world.account(0);
    await staked("2500000");
    const { pool } = await world.pool();
    const words = "no text: ";
    const { calls } = vote.ratioMotion(pool, 13_500n);
    const parts = [calls.map(({ to }) => to), [0n], calls.map(({ data }) => data)];
    // As with the words, then with two bytes of them that are no text.
    const text = governorAbi.encodeFunctionData("propose", [...parts, `${words}xx`]);
    const at = (text.length - 2) / 2 - 32 + words.length;
    const data = concat([dataSlice(text, 0, at), "0xff80", dataSlice(text, at + 2)]);
    await account.send({ to: world.contracts.MintGovernor.address, data });
    const { id: other } = await vote.propose(account, vote.ratioMotion(pool, 14_000n));
    const looking = new Vote(world.anvil.rpc, world.contracts, 0);
    const [shown, readable] = await looking.proposals();
    expect(readable).to.include({ id: other });
    const { id = "" } = shown ?? {};
    expect(shown?.description).to.equal(`${words}\ufffd\ufffd`);
    expect(shown?.descriptionHash).to.equal(keccak256(concat([hexlify(toUtf8Bytes(words)), "0xff80"])));
    await looking.vote(account, await looking.ready(id, "voted on", warp), "for");
    await looking.queue(account, await looking.ready(id, "queued", warp));
    await looking.execute(account, await looking.ready(id, "executed", warp));
    expect(await looking.proposal(id)).to.include({ state: "Executed" });
  });

  describe("tries a motion of several calls before it is proposed", () => {
    const managerAbi = new Interface([
      "function setTargetFunctionRole(address target, bytes4[] selectors, uint64 roleId)",
      "function grantRole(uint64 roleId, address account, uint32 executionDelay)",
    ]);
    /** The ratio's setter goes to a role that the timelock has not; each of the two calls alone would pass. */
    async function motion() {
      const { calls } = vote.ratioMotion((await world.pool()).pool, 13_500n);
      const { CollateralVault, TimelockController } = world.contracts;
      const to = world.deployment.contracts.AccessManager.address;
      const selector = vaultAbi.getFunction("setRatio")?.selector;
      const moved = { to, data: managerAbi.encodeFunctionData("setTargetFunctionRole", [CollateralVault.address, [selector], 9]) };
      const granted = { to, data: managerAbi.encodeFunctionData("grantRole", [9, TimelockController.address, 0]) };
      return { refused: { calls: [moved, ...calls], description: "" }, taken: { calls: [moved, granted, ...calls], description: "" } };
    }
    const votingOver = (rpc: Rpc): Vote => new Vote(rpc, world.contracts, 0);

    it("one after the other, as the timelock executes them", async () => {
      await staked("2500000");
      const { refused, taken } = await motion();
      expect(await errorOf(vote.propose(world.account(0), refused)))
        .to.be.instanceOf(ContractRefused)
        .with.property("reason", "AccessManagedUnauthorized");
      expect(await vote.propose(world.account(0), taken)).to.include({ tried: 3 });
    });

    it("and tells what a node refuses of them for another reason than an override as it is", async () => {
      await staked("2500000");
      const { taken } = await motion();
      // Enough for each call alone, and too little for all of them.
      const limited: Rpc = {
        request: (method, params) => {
          const [call, ...others] = params as [object, ...unknown[]];
          return world.anvil.rpc.request(method, others.length === 2 ? [{ ...call, gas: toQuantity(40_000) }, ...others] : params);
        },
        each: (calls) => world.anvil.rpc.each(calls),
      };
      expect(await errorOf(votingOver(limited).propose(world.account(0), taken)))
        .to.be.instanceOf(Error)
        .with.property("message")
        .that.matches(/gas/i);
    });

    it("at least the first, and says so, where the node takes no overrides or passes over them", async () => {
      await staked("2500000");
      const { taken, refused } = await motion();
      const unable = new WatchedRpc(world.anvil.rpc);
      unable.failure = ({ method, params }) =>
        params.length > 2 ? new RpcRefused(method, -32_602, "too many arguments, want at most 2", undefined) : undefined;
      const blind: Rpc = {
        request: (method, params) => world.anvil.rpc.request(method, method === "eth_call" ? params.slice(0, 2) : params),
        each: (calls) => world.anvil.rpc.each(calls),
      };
      expect(await votingOver(unable).propose(world.account(0), taken)).to.include({ tried: 1 });
      expect(await votingOver(blind).propose(world.account(0), refused)).to.include({ tried: 1 });
      const first = { calls: [...refused.calls].reverse().map(({ to }) => ({ to, data: "0x12345678" })), description: "" };
      expect(await errorOf(votingOver(blind).propose(world.account(0), first))).to.be.instanceOf(ContractRefused);
    });
  });

  it("reads many proposals in few requests, each with what is its own", async () => {
    const account = world.account(0);
    await staked("2500000");
    const { pool } = await world.pool();
    const ids: string[] = [];
    for (let i = 0; i < 21; i++) ids.push((await vote.propose(account, vote.ratioMotion(pool, 13_500n, `reason ${i}`))).id);
    await warp((await vote.proposal(ids.at(-1) ?? "")).snapshot + 1n);
    await vote.vote(account, await vote.proposal(ids[7] ?? ""), "for");
    await vote.vote(account, await vote.proposal(ids[20] ?? ""), "against");
    const one = await Promise.all(ids.map((id) => vote.proposal(id)));
    let requests = 0;
    const counting: Rpc = {
      request: (method, params) => world.anvil.rpc.request(method, params),
      each: (calls) => {
        requests += 1;
        return world.anvil.rpc.each(calls);
      },
    };
    const all = await new Vote(counting, world.contracts, 0).proposals();
    expect(requests, "of 107 views").to.equal(2);
    expect(all).to.deep.equal(one);
    expect(all.map(({ id }) => id)).to.deep.equal(ids);
    const votes = all.map(({ inFavour, against }) => [inFavour, against].map((each) => each / parseEther("2500000")));
    expect([votes[7], votes[8], votes[20]]).to.deep.equal([
      [1n, 0n],
      [0n, 0n],
      [0n, 1n],
    ]);
  });

  it("reads one proposal without the views of the others, and the logs only until it is found", async () => {
    const { pool } = await world.pool();
    await staked("2500000");
    const proposed: string[] = [];
    for (const reason of ["the first", "the second"]) {
      const { id } = await vote.propose(world.account(0), vote.ratioMotion(pool, 13_500n, reason));
      proposed.push(id);
      await world.anvil.rpc.request("anvil_mine", [toQuantity(40)]);
    }
    const [first = "", second = ""] = proposed;
    const rpc = new WatchedRpc(world.anvil.rpc);
    // So that each proposal is in a piece of its own, and more than one before the last.
    rpc.failure = (call) => {
      const [[from, to] = [0, 0]] = rangesOf([call]);
      return to - from >= 30 ? new RpcRefused(call.method, -32_000, "at most 30 blocks", undefined) : undefined;
    };
    const looking = new Vote(rpc, world.contracts, 0);
    const count = () => [rpc.ranges.length, rpc.viewed(stateOf)];
    expect((await looking.proposals()).map(({ id }) => id)).to.deep.equal([first, second]);
    const [all = 0] = count();
    const fresh = new Vote(rpc, world.contracts, 0);
    rpc.forget();
    expect(await fresh.proposal(first)).to.include({ id: first, state: "Pending" });
    const [some = 0, views] = count();
    expect(views).to.equal(1);
    expect(some).to.be.below(all - 1);
    expect(await fresh.proposal(first)).to.include({ id: first });
    expect(count()).to.deep.equal([some, 2]);
    expect((await fresh.proposal(second)).description).to.match(/: the second #proposer=0x/);
    rpc.forget();
    for (const id of ["17", String(1n << 256n)]) expect(await errorOf(fresh.proposal(id))).to.be.instanceOf(ProposalUnknown);
    expect(count()).to.deep.equal([0, 0]);
  });

  it("tells times in two units", () => {
    expect([5n, 60n, 3_661n, 90_000n, 604_800n].map(duration)).to.deep.equal(["5 s", "1 min", "1 h 1 min", "1 d 1 h", "7 d"]);
  });
});
