// The whole road of a circuit, and of its terms, when the deployer has no role any more, on one real node. The tasks run in
// processes of their own where arguments and output matter; what they call runs in this one.
import { expect } from "chai";
import { Contract, Interface, parseEther } from "ethers";
import hre from "hardhat";
import { developmentSetup } from "../../scripts/ceremony/setup.ts";
import { artifactsIn } from "../../scripts/circuits/artifacts.ts";
import { aggregationOf } from "../../scripts/circuits/compile.ts";
import type { Registration } from "../../scripts/circuits/missing.ts";
import { type ProposedCircuit, proposeCircuit, registerCircuit } from "../../scripts/circuits/register.ts";
import { knownCircuits, misfitsOf } from "../../scripts/circuits/quorums.ts";
import { ProposalsClash } from "../../scripts/circuits/rivals.ts";
import { RoleMissing } from "../../scripts/deployment/access.ts";
import { ContractRefused, type Proposal } from "../../src/cast/index.ts";
import { castContracts } from "../../src/chain/index.ts";
import { assetIdOf, developmentSources, sourcesRoot } from "../../src/price/index.ts";
import { callMotion } from "../../tasks/gov-propose.ts";
import { contractsOf } from "../../tasks/governed-calls.ts";
import { RpcRunner } from "../../tasks/rpc-runner.ts";
import type { IProvenPrices } from "../../types/ethers-contracts/index.ts";
import { addressAt, describeGoverned, errorOf, guardian, stranger } from "./governed.ts";

describeGoverned("Governance of circuits and prices", (world) => {
  let registration: Registration;

  before(async () => {
    const setup = await developmentSetup(aggregationOf(3));
    const keys = developmentSources(3)
      .map(({ key }) => key)
      .sort((one, other) => (one.x < other.x ? -1 : 1));
    registration = { setup, assetId: assetIdOf("ETH"), size: 3, asked: { maxDelaySeconds: 3_600 }, sourcesRoot: sourcesRoot(keys) };
  });

  async function registry() {
    const { rpc, deployment, vote } = world();
    const { ProvenPrices, TimelockController } = castContracts(deployment);
    const { abi } = await hre.artifacts.readArtifact("IProvenPrices");
    const prices = new Contract(ProvenPrices.address, abi, new RpcRunner(rpc)) as unknown as IProvenPrices;
    return { prices, manager: deployment.contracts.AccessManager.address, vote, timelock: TimelockController.address };
  }

  /** With an account of its own: tasks send from the same key in between. */
  async function propose(reason = "", index = 0): Promise<ProposedCircuit> {
    return proposeCircuit(world().account(index), await registry(), registration, { name: "price3", reason });
  }

  async function proposed(reason?: string) {
    const made = await propose(reason);
    if (made.kind !== "proposed") throw new Error("nothing was missing");
    return made;
  }

  async function executed(id: string): Promise<Proposal> {
    const { vote, warp } = world();
    const voter = world().account(0);
    await vote.vote(voter, await vote.ready(id, "voted on", warp), "for");
    await vote.queue(voter, await vote.ready(id, "queued", warp));
    await vote.execute(voter, await vote.ready(id, "executed", warp));
    return vote.proposal(id);
  }

  it("began with a deployer whose registration does not count on what an earlier run sent and was undone", async () => {
    const before = await world().rpc.request<string>("evm_snapshot", []);
    const where = await registry();
    const { prices } = where;
    const to = await prices.getAddress();
    const { circuit } = await registerCircuit(world().account(0), where, registration);
    const { assetId, sourcesRoot: root } = registration;
    const again = await world().accountThatLeft(0, {
      to,
      data: prices.interface.encodeFunctionData("setSources", [assetId, circuit.id, root]),
    });
    await again.send({ to, data: prices.interface.encodeFunctionData("removeSources", [assetId, circuit.id]) });
    expect((await registerCircuit(again, where, registration)).done).to.deep.equal(["sources set"]);
    expect(await prices.sourcesRoot(assetId, circuit.id)).to.equal(root);
    await world().closeAccounts(); // a record is of one chain, which does not go back
    await world().rpc.request("evm_revert", [before]);
  });

  describe("a circuit, when the deployer has no role any more,", () => {
    before(() => world().handOver());

    it("is registered by nobody at once: it says how to propose it, and sends nothing", async () => {
      const before = await world().sentBy(0);
      const refused = await errorOf(registerCircuit(world().account(0), await registry(), registration));
      expect(refused).to.be.instanceOf(RoleMissing).with.property("hint").that.contains("--propose");
      expect(refused).to.have.property("message").that.contains("register, activate, setTerms, setSources of ProvenPrices");
      const unstaked = await errorOf(propose());
      expect(unstaked).to.be.instanceOf(ContractRefused).with.property("reason", "GovernorInsufficientProposerVotes");
      expect(await world().sentBy(0)).to.equal(before);
    });

    it("is proposed once, all of it at once, and again only with another reason where that failed", async () => {
      await world().vote.stake(world().account(0), parseEther("2500000"));
      await world().warp((await world().now()) + 1n); // it counts from the next second on
      const circuit = ["--circuit", "price3", "--max-delay", "3600"];
      const first = await world().run("circuit:register", ...circuit, "--propose", "--json");
      expect(first.json, first.stdout).to.deep.include({ done: ["verifier deployed", "proposed"], tried: 4 });
      const { id, calls } = first.json["proposal"] as { id: string; calls: { words: string }[] };
      const circuitId = String(first.json["id"]);
      expect(calls[0]?.words).to.match(/^ProvenPrices\.register\(\((0x[0-9a-f]{64}(, )?){6}\), 0x[0-9a-fA-F]{40}\)$/);
      expect(calls.slice(1).map(({ words }) => words)).to.deep.equal([
        `ProvenPrices.activate(${circuitId})`,
        "ProvenPrices.setTerms(4543560, (2, 50, 60, 3600))",
        `ProvenPrices.setSources(4543560, ${circuitId}, ${registration.sourcesRoot})`,
      ]);
      const sent = await world().sentBy(0);
      expect(await proposed("whatever the reason")).to.deep.include({ proposalId: id, done: [], tried: undefined });
      expect(await world().sentBy(0)).to.equal(sent);
      const voter = world().account(0);
      await world().vote.vote(voter, await world().vote.ready(id, "voted on", world().warp), "against");
      await world().warp((await world().vote.proposal(id)).deadline + 1n);
      expect(await errorOf(propose()))
        .to.be.instanceOf(ContractRefused)
        .with.property("hint")
        .that.contains("--reason");
      const second = await proposed("the sources were checked");
      expect(second).to.deep.include({ done: ["proposed"], tried: 4 }); // the verifier is there
      expect((await executed(second.proposalId)).state).to.equal("Executed");
    });

    it("is recorded by the next run, and can prove prices", async () => {
      expect(await propose()).to.include({ kind: "registered" });
      const again = await world().run("circuit:register", "--circuit", "price3", "--json");
      expect(again.json, again.stderr).to.deep.include({ done: [] });
      const id = String(again.json["id"]);
      const { circuits } = await world().recorded();
      expect(circuits?.["price3"]).to.include({ id, verifier: again.json["verifier"] });
      // What circuit:verify compares besides compiling from source, which test/tasks/prices.test.ts has it do.
      const { prices } = await registry();
      const { setup, assetId } = registration;
      const { artifacts, status } = await prices.circuit(id);
      expect([...artifacts]).to.deep.equal(Object.values(artifactsIn(setup.folder, setup.transcript.sources)));
      expect(status).to.equal(2n);
      expect(await prices.usableVerifier(id)).to.equal(again.json["verifier"]);
      expect(await prices.sourcesRoot(assetId, id)).to.equal(registration.sourcesRoot);
      expect([...(await prices.termsOf(assetId))]).to.deep.equal([2n, 50n, 60n, 3_600n]);
    });

    it("is not proposed beside another open proposal that sets a quorum which does not go with its own", async () => {
      const assetId = assetIdOf("BTC");
      const where = await registry();
      const to = await where.prices.getAddress();
      const proposing = () => proposeCircuit(world().account(0), where, { ...registration, assetId }, { name: "price3", reason: "" });
      const terms = { quorum: 3, maxDeviationBps: 50, maxAgeSeconds: 60, maxDelaySeconds: 300 };
      const data = where.prices.interface.encodeFunctionData("setTerms", [assetId, terms]);
      const { id } = await world().vote.propose(world().account(0), { calls: [{ to, data }], description: "another quorum" });
      const sent = await world().sentBy(0);
      const error = await errorOf(proposing());
      expect(error).to.be.instanceOf(ProposalsClash).with.property("code", "PROPOSALS_CLASH");
      expect(error).to.have.property("message").that.contains(`open proposal ${id}`);
      expect(await world().sentBy(0)).to.equal(sent);
      await world().warp((await world().vote.proposal(id)).deadline + 1n); // nobody voted for it
      expect(await proposing()).to.include({ kind: "proposed" });
    });

    it("is proposed by others too while who proposed it may cancel that, and not any more when it is voted on", async () => {
      const { vote, deployment, warp } = world();
      const { GovernanceToken } = castContracts(deployment);
      const give = new Interface(["function transfer(address, uint256)"]).encodeFunctionData("transfer", [
        addressAt(stranger),
        parseEther("30000"),
      ]);
      await world().account(0).send({ to: GovernanceToken.address, data: give });
      await vote.stake(world().account(stranger), parseEther("30000"));
      await warp((await world().now()) + 1n);
      const proposing = async (index: number) => {
        const made = await proposeCircuit(
          world().account(index),
          await registry(),
          { ...registration, assetId: assetIdOf("SOL") },
          { name: "price3", reason: "" },
        );
        if (made.kind !== "proposed") throw new Error("nothing was missing");
        return made;
      };
      const copy = await proposing(stranger);
      const own = await proposing(0);
      expect(own).to.deep.include({ done: ["proposed"], tried: 2 });
      expect(own.beside).to.include({ id: copy.proposalId, proposer: addressAt(stranger) });
      expect(own.proposalId).to.not.equal(copy.proposalId);
      expect(await proposing(0)).to.deep.include({ proposalId: own.proposalId, done: [] });
      expect(await proposing(stranger)).to.deep.include({ proposalId: copy.proposalId, done: [] });
      await vote.ready(copy.proposalId, "voted on", warp);
      expect((await proposing(guardian)).done, "it has no stake to propose with").to.deep.equal([]);
    });

    it("has its terms changed by a call that is proposed, and refused before where the contract would refuse it", async () => {
      const contracts = await contractsOf(hre, world().deployment);
      const terms = (quorum: number, reason = "") =>
        callMotion(contracts, { call: "ProvenPrices.setTerms", args: `[4543560,[${quorum},50,60,300]]` }, reason);
      const sent = await world().sentBy(0);
      expect(await errorOf(world().vote.propose(world().account(0), terms(0))))
        .to.be.instanceOf(ContractRefused)
        .with.property("reason", "TermsOutOfRange");
      const ofTimelock = callMotion(contracts, { call: "TimelockController.updateDelay", args: "[1]" }, "");
      expect(await errorOf(world().vote.propose(world().account(0), ofTimelock))).to.have.property("reason", "TargetNotGoverned");
      expect(await world().sentBy(0)).to.equal(sent);
      const made = await world().run(
        "gov:propose",
        "--call",
        "ProvenPrices.setTerms",
        "--args",
        "[4543560,[3,50,60,300]]",
        "--reason",
        "all of them",
        "--json",
      );
      const proposal = made.json["proposal"] as { id: string; description: string };
      const words = "ProvenPrices.setTerms(4543560, (3, 50, 60, 300))";
      const { description } = terms(3, "all of them");
      expect(description).to.equal(`Call ${words}: all of them`);
      expect(proposal.description, made.stderr).to.equal(`${description} #proposer=${addressAt(0)}`);
      expect((await executed(proposal.id)).state).to.equal("Executed");
      const shown = await world().run("gov:show", proposal.id);
      expect(shown.stdout).to.contain(`what it calls:\n1. ${words}\n`).and.contain(description).and.not.contain("#proposer");
      expect((await (await registry()).prices.termsOf(4_543_560n)).quorum).to.equal(3n);
    });

    it("is proposed no quorum that does not fit it, but as what is to be right later, of which everybody is warned", async () => {
      const setTerms = ["gov:propose", "--call", "ProvenPrices.setTerms", "--args", "[4543560,[4,50,60,300]]"];
      const sent = await world().sentBy(0);
      const refused = await world().run(...setTerms, "--json");
      expect(refused.code, refused.stderr).to.equal(1);
      const words = "the quorum of asset 4543560 is 4, and a circuit of 3 sources needs 2 to 3";
      expect(refused.json["error"]).to.deep.include({ code: "QUORUM_DOES_NOT_FIT", message: words });
      expect(await world().sentBy(0)).to.equal(sent);
      const warning = `once it is executed, ${words}: price3 proves no price of it then`;
      const made = await world().run(...setTerms, "--untried", "--json");
      expect(made.json["warnings"], made.stdout).to.deep.equal([warning]);
      const { id } = made.json["proposal"] as { id: string };
      const shown = await world().run("gov:show", id);
      expect(shown.stdout.split("\n")).to.include(`warning: ${warning}`);
      for (const step of [["gov:vote", "--for"], ["gov:queue"], ["gov:execute"]]) {
        const [name = "", ...options] = step;
        const done = await world().run(name, id, ...options, "--warp", "--json");
        expect(done.json["warnings"], `${name}: ${done.stderr}`).to.deep.equal([warning]);
      }
      expect((await world().run("gov:show", id, "--json")).json, "it is over").to.deep.include({ warnings: [] });
    });

    it("is warned of as not known where it is not on record, and not at all when it is retired", async () => {
      const { rpc, deployment } = world();
      const { prices } = await registry();
      const { circuits } = await world().recorded();
      const id = circuits?.["price3"]?.id ?? "";
      const { assetId } = registration;
      const to = await prices.getAddress();
      const terms = { quorum: 4, maxDeviationBps: 50, maxAgeSeconds: 60, maxDelaySeconds: 300 };
      const calls = [{ to, data: prices.interface.encodeFunctionData("setTerms", [assetId, terms]) }];
      const misfits = (known: object) => misfitsOf({ rpc, prices, from: deployment.block }, calls, knownCircuits(known));
      expect((await misfits({ circuits })).map(({ size }) => size)).to.deep.equal([3]);
      const [unknown, another] = await misfits({});
      expect([unknown?.size, another]).to.deep.equal([undefined, undefined]);
      expect(unknown?.words).to.contain(`circuit ${id} is not known`);
      const freeze = { to, data: prices.interface.encodeFunctionData("freeze", [id]) };
      await world().account(guardian).send(freeze);
      expect(await misfits({ circuits })).to.deep.equal([]);
    });
  });
});
