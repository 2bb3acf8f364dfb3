// The whole road of a circuit and of a signer when the deployer has no role any more, on one real node. The tasks run in
// processes of their own where arguments and output matter; what they call runs in this one.
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Contract, parseEther, toBeHex } from "ethers";
import hre from "hardhat";
import { developmentSetup } from "../../scripts/ceremony/setup.ts";
import { artifactsIn } from "../../scripts/circuits/artifacts.ts";
import { aggregationOf } from "../../scripts/circuits/compile.ts";
import type { Registration } from "../../scripts/circuits/missing.ts";
import { type ProposedCircuit, proposeCircuit, registerCircuit } from "../../scripts/circuits/register.ts";
import { ProposalsClash } from "../../scripts/circuits/rivals.ts";
import { accessAbi, RoleMissing } from "../../scripts/deployment/access.ts";
import { grantOf, readSigners, signersAbi } from "../../scripts/deployment/announced.ts";
import { handOver, signerDelaySeconds } from "../../scripts/deployment/handover.ts";
import { selectorOf } from "../../scripts/deployment/permissions.ts";
import { readRoles } from "../../scripts/deployment/roles.ts";
import { SignerNotSeenYet, SignerStillAnnounced, SignerStillSigns } from "../../scripts/deployment/signer-errors.ts";
import { grantSigner, guardiansOf, revokeSigner, type SignerOf } from "../../scripts/deployment/signers.ts";
import {
  Account,
  type AccountOptions,
  type Call,
  ContractRefused,
  newestBlock,
  type Proposal,
  Vote,
  warpTo,
} from "../../src/cast/index.ts";
import { castContracts, type Deployment, type Rpc, readDeployment } from "../../src/chain/index.ts";
import { outcomeOf, type RpcCall } from "../../src/chain/rpc/rpc.ts";
import { assetIdOf, developmentSources, sourcesRoot } from "../../src/price/index.ts";
import { Secret } from "../../src/secret.ts";
import { openSqliteStore } from "../../src/store/index.ts";
import { callMotion } from "../../tasks/gov-propose.ts";
import { contractsOf } from "../../tasks/governed-calls.ts";
import { RpcRunner } from "../../tasks/rpc-runner.ts";
import type { IProvenPrices } from "../../types/ethers-contracts/index.ts";
import { Anvil } from "../anvil.ts";
import { accountOptions, wallet } from "../src/cast/world.ts";
import { Hardhat } from "./hardhat.ts";

const day = 86_400n;
const [guardian, signerAdmin, curator, stranger] = [3, 4, 5, 6] as const;
const addressAt = (index: number): string => wallet(index).address;

describe("Governance without the deployer", function () {
  this.timeout(300_000);
  let anvil: Anvil;
  let rpc: Rpc;
  let home: string;
  let hardhat: Hardhat;
  let deployment: Deployment;
  let vote: Vote;
  let registration: Registration;
  const accounts: Account[] = [];
  const directory = () => join(home, "deployments");
  const run = (...args: readonly string[]) => hardhat.run(...args, "--network", "local");
  const errorOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined).catch((error: unknown) => error);
  const account = (index: number, options: Partial<AccountOptions> = {}, over = rpc): Account => {
    const opened = new Account(over, new Secret(wallet(index).privateKey), { ...accountOptions, ...options });
    accounts.push(opened);
    return opened;
  };
  const closeAccounts = () => Promise.all(accounts.splice(0).map((each) => each.close()));
  let records = 0;
  /** An account over the record of an earlier process, which was cut off: it sent this, and told nobody of its end. */
  async function accountThatLeft(index: number, call: Call): Promise<Account> {
    const path = join(home, `left-${records++}.db`);
    const openStore = () => openSqliteStore({ path });
    const earlier = account(index, { openStore });
    await earlier.broadcast(call);
    await earlier.close();
    return account(index, { openStore });
  }
  const sentBy = async (index: number) => Number(await rpc.request<string>("eth_getTransactionCount", [addressAt(index), "latest"]));
  const now = async () => (await newestBlock(rpc)).timestamp;
  const warp = (to: bigint) => warpTo(rpc, to);

  before(async () => {
    [anvil, home] = await Promise.all([Anvil.start(), mkdtemp(join(tmpdir(), "mintd-governance-"))]);
    rpc = anvil.rpc;
    hardhat = new Hardhat({ MINTD_HOME: home, MINTD_LOCAL_PORT: String(anvil.port) });
    const [deployed, setup] = await Promise.all([run("deploy", "--cast", "--json"), developmentSetup(aggregationOf(3))]);
    expect(deployed.json).to.include({ deployed: true });
    deployment = await readDeployment(directory(), "local");
    vote = new Vote(rpc, castContracts(deployment), deployment.block);
    const keys = developmentSources(3)
      .map(({ key }) => key)
      .sort((one, other) => (one.x < other.x ? -1 : 1));
    registration = { setup, assetId: assetIdOf("ETH"), size: 3, asked: { maxDelaySeconds: 3_600 }, sourcesRoot: sourcesRoot(keys) };
  });
  afterEach(closeAccounts);
  after(async () => {
    hardhat.end();
    await anvil.kill();
    await rm(home, { recursive: true, force: true });
  });

  async function registry() {
    const { ProvenPrices, TimelockController } = castContracts(deployment);
    const { abi } = await hre.artifacts.readArtifact("IProvenPrices");
    const prices = new Contract(ProvenPrices.address, abi, new RpcRunner(rpc)) as unknown as IProvenPrices;
    return { prices, manager: deployment.contracts.AccessManager.address, vote, timelock: TimelockController.address };
  }

  /** With an account of its own: tasks send from the same key in between. */
  async function propose(reason = "", index = 0): Promise<ProposedCircuit> {
    return proposeCircuit(account(index), await registry(), registration, { name: "price3", reason });
  }

  async function proposed(reason?: string) {
    const made = await propose(reason);
    if (made.kind !== "proposed") throw new Error("nothing was missing");
    return made;
  }

  async function executed(id: string): Promise<Proposal> {
    const voter = account(0);
    await vote.vote(voter, await vote.ready(id, "voted on", warp), "for");
    await vote.queue(voter, await vote.ready(id, "queued", warp));
    await vote.execute(voter, await vote.ready(id, "executed", warp));
    return vote.proposal(id);
  }

  it("began with a deployer whose registration does not count on what an earlier run sent and was undone", async () => {
    const before = await rpc.request<string>("evm_snapshot", []);
    const where = await registry();
    const { prices } = where;
    const to = await prices.getAddress();
    const { circuit } = await registerCircuit(account(0), where, registration);
    const { assetId, sourcesRoot: root } = registration;
    const again = await accountThatLeft(0, { to, data: prices.interface.encodeFunctionData("setSources", [assetId, circuit.id, root]) });
    await again.send({ to, data: prices.interface.encodeFunctionData("removeSources", [assetId, circuit.id]) });
    expect((await registerCircuit(again, where, registration)).done).to.deep.equal(["sources set"]);
    expect(await prices.sourcesRoot(assetId, circuit.id)).to.equal(root);
    await closeAccounts(); // a record is of one chain, which does not go back
    await rpc.request("evm_revert", [before]);
  });

  describe("a signer of vouchers", () => {
    const signer = `0x${"51".repeat(20)}`;
    const of = (): SignerOf => ({ deployment, contract: "VoucherMinter", signer });
    const grant = (index: number, to?: typeof warp) => grantSigner(account(index), of(), { warp: to });
    const revoke = (index: number) => revokeSigner(account(index), of());
    const whats = (steps: readonly { readonly what: string }[]) => steps.map(({ what }) => what);
    /** The node, save where `answer` says otherwise. */
    const endpoint = (answer: (call: RpcCall, asIs: () => Promise<unknown>) => Promise<unknown>): Rpc => {
      const request: Rpc["request"] = (method, params) => answer({ method, params }, () => rpc.request(method, params)) as Promise<never>;
      const each: Rpc["each"] = (calls) =>
        Promise.all(calls.map(({ method, params }) => request<never>(method, params).then((value) => outcomeOf(() => value))));
      return { request, each };
    };
    /** Announces it although it signs already, which the task does not. */
    const announceAgain = async () => {
      const { AccessManager, VoucherMinter } = deployment.contracts;
      const data = accessAbi.encodeFunctionData("schedule", [VoucherMinter.address, grantOf(signer), 0]);
      await account(signerAdmin).send({ to: AccessManager.address, data });
    };
    /** Executes what was announced so. */
    const executeAgain = async () => {
      await warp((await now()) + BigInt(signerDelaySeconds));
      await account(signerAdmin).send({ to: deployment.contracts.VoucherMinter.address, data: grantOf(signer) });
    };
    const standing = async () =>
      (await readSigners(rpc, deployment, ["VoucherMinter"], [signer])).standings.find((each) => each.signer === signer);

    it("is granted at once by whoever has no delay, and revoked", async () => {
      expect(await grant(0)).to.deep.include({ outcome: "granted" });
      expect(await grant(0)).to.deep.equal({ outcome: "held", steps: [] });
      expect(await standing()).to.deep.equal({ contract: "VoucherMinter", signer, granted: true, announced: [] });
      expect(whats(await revoke(0))).to.deep.equal(["revoke"]);
      expect(await revoke(0)).to.deep.equal([]);
      expect((await standing())?.granted).to.equal(false);
    });

    it("is announced after the handover, granted a day later, and announced anew where that was too late", async () => {
      const successors = { guardian: addressAt(guardian), signerAdmin: addressAt(signerAdmin), curator: addressAt(curator) };
      await handOver(account(0), deployment, successors);
      const first = await grant(signerAdmin);
      if (first.outcome !== "announced") throw new Error(`it is ${first.outcome}`);
      expect(whats(first.steps)).to.deep.equal(["announce"]);
      expect(first.from).to.equal((await now()) + BigInt(signerDelaySeconds));
      const held = { by: addressAt(signerAdmin), from: first.from, until: first.from + 7n * day };
      expect((await standing())?.announced).to.deep.equal([{ ...held, data: grantOf(signer) }]);
      await warp(first.from - 3_600n);
      const sent = await sentBy(signerAdmin);
      expect(await grant(signerAdmin)).to.deep.include({ outcome: "announced", steps: [], from: first.from, until: held.until });
      expect(await sentBy(signerAdmin)).to.equal(sent);
      await warp(first.until); // from here on it has expired
      expect((await standing())?.announced).to.deep.equal([]);
      expect(await grant(signerAdmin)).to.deep.include({ outcome: "announced" });
      await warp((await now()) + day);
      expect(whats((await grant(signerAdmin)).steps)).to.deep.equal(["grant"]);
      expect(await grant(signerAdmin)).to.deep.include({ outcome: "held" });
    });

    it("is stopped by the guardian wherever it is, and its announcement by who made it", async () => {
      expect(await errorOf(revoke(signerAdmin))).to.be.instanceOf(RoleMissing); // it is granted
      expect(whats(await revoke(guardian))).to.deep.equal(["revoke"]);
      await grant(signerAdmin);
      expect(whats(await revoke(signerAdmin))).to.deep.equal(["cancel"]);
      await grant(signerAdmin);
      expect(whats(await revoke(guardian))).to.deep.equal(["cancel"]);
      expect(await standing()).to.deep.include({ granted: false, announced: [] });
      expect(guardiansOf(await readRoles(rpc, deployment), "VoucherMinter").map((each) => each.account)).to.deep.equal([
        addressAt(guardian),
      ]);
    });

    it("is not hidden by bytes behind its announcement", async () => {
      const { address: minter } = deployment.contracts.VoucherMinter;
      const data = accessAbi.encodeFunctionData("schedule", [minter, `${grantOf(signer)}00`, 0]);
      await account(signerAdmin).send({ to: deployment.contracts.AccessManager.address, data });
      await grant(signerAdmin);
      expect((await standing())?.announced).to.have.length(2);
      expect(whats(await revoke(guardian))).to.deep.equal(["cancel", "cancel"]);
      expect((await standing())?.announced).to.deep.equal([]);
    });

    it("is neither granted nor stopped by an account without the role, which sends nothing", async () => {
      await grant(signerAdmin);
      for (const refused of [() => grant(stranger), () => grant(guardian), () => revoke(stranger)]) {
        const error = await errorOf(refused());
        expect(error).to.be.instanceOf(RoleMissing).with.property("code", "ROLE_MISSING");
        expect(error).to.have.property("hint").that.contains("roles:show");
      }
      expect(await sentBy(stranger)).to.equal(0);
      await revoke(guardian);
    });

    describe("that an earlier run of the same account left something of", () => {
      const toMinter = (data: string): Call => ({ to: deployment.contracts.VoucherMinter.address, data });
      const toManager = (name: string, ...before: unknown[]) => ({
        to: deployment.contracts.AccessManager.address,
        data: accessAbi.encodeFunctionData(name, [...before, toMinter("").to, grantOf(signer), ...(name === "schedule" ? [0] : [])]),
      });

      it("is revoked where it was granted again", async () => {
        await grant(signerAdmin, warp);
        const left = await accountThatLeft(guardian, toMinter(signersAbi.encodeFunctionData("revokeSigner", [signer])));
        expect((await grant(signerAdmin, warp)).outcome).to.equal("granted");
        expect(whats(await revokeSigner(left, of()))).to.deep.equal(["revoke"]);
        expect(await standing()).to.deep.include({ granted: false, announced: [] });
      });

      it("is cancelled where it was announced again", async () => {
        await grant(signerAdmin);
        const left = await accountThatLeft(guardian, toManager("cancel", addressAt(signerAdmin)));
        await grant(signerAdmin);
        expect(whats(await revokeSigner(left, of()))).to.deep.equal(["cancel"]);
        expect(await standing()).to.deep.include({ granted: false, announced: [] });
      });

      it("is announced where that was cancelled", async () => {
        const left = await accountThatLeft(signerAdmin, toManager("schedule"));
        await revoke(guardian);
        const granted = await grantSigner(left, of());
        expect([granted.outcome, whats(granted.steps)]).to.deep.equal(["announced", ["announce"]]);
        expect((await standing())?.announced).to.have.length(1);
        await revoke(guardian);
      });
    });

    it("is revoked first and at once, by an endpoint without logs too, which says what it does not know", async () => {
      await grant(signerAdmin, warp);
      await announceAgain();
      const blind = endpoint(({ method }, asIs) => (method === "eth_getLogs" ? Promise.reject(new Error("no logs")) : asIs()));
      const error = await errorOf(revokeSigner(account(guardian, {}, blind), of()));
      expect(error).to.be.instanceOf(SignerStillAnnounced).with.property("code", "SIGNER_ANNOUNCED");
      expect(error)
        .to.have.property("message")
        .that.matches(/no logs; sent: revoke 0x[0-9a-f]{64} in block \d+$/);
      expect(await standing()).to.deep.include({ granted: false });
      expect((await standing())?.announced).to.have.length(1);
      expect(whats(await revoke(guardian))).to.deep.equal(["cancel"]);
    });

    it("is revoked before anything is cancelled, and again where it was granted meanwhile", async () => {
      await grant(signerAdmin, warp);
      await announceAgain();
      let looks = 0;
      const raced = endpoint(async ({ method }, asIs) => {
        if (method === "eth_getLogs" && looks++ === 0) await executeAgain();
        return asIs();
      });
      expect(whats(await revokeSigner(account(guardian, {}, raced), of()))).to.deep.equal(["revoke", "revoke"]);
      expect(await standing()).to.deep.include({ granted: false, announced: [] });
      await grant(signerAdmin, warp);
      await announceAgain();
      expect(whats(await revoke(guardian))).to.deep.equal(["revoke", "cancel"]);
    });

    it("still signs, and that is said, where somebody grants it as often as it is revoked", async () => {
      await grant(signerAdmin, warp);
      const raced = endpoint(async ({ method }, asIs) => {
        if (method === "eth_getLogs") {
          await announceAgain();
          await executeAgain();
        }
        return asIs();
      });
      const error = await errorOf(revokeSigner(account(guardian, {}, raced), of()));
      expect(error).to.be.instanceOf(SignerStillSigns).with.property("code", "SIGNER_STILL_SIGNS");
      expect(error)
        .to.have.property("message")
        .that.matches(/sent: (revoke 0x[0-9a-f]{64} in block \d+(, )?){3}$/);
      expect(whats(await revoke(guardian))).to.deep.equal(["revoke"]);
    });

    it("is waited for where the endpoint does not show its announcement yet, and not granted unseen", async () => {
      let behind = Infinity;
      const clock = {
        now: () => 0,
        pause: () => {
          behind--;
          return Promise.resolve();
        },
      };
      const getSchedule = selectorOf("getSchedule(bytes32)");
      const late = endpoint(({ method, params: [call] }, asIs) => {
        const { data = "" } = (call ?? {}) as { readonly data?: string };
        return method === "eth_call" && behind > 0 && data.startsWith(getSchedule) ? Promise.resolve(toBeHex(0, 32)) : asIs();
      });
      const grantLate = () => grantSigner(account(signerAdmin, {}, late), of(), { clock });
      const sent = await sentBy(signerAdmin);
      const error = await errorOf(grantLate());
      expect(error).to.be.instanceOf(SignerNotSeenYet).with.property("code", "SIGNER_NOT_SEEN_YET");
      expect(error)
        .to.have.property("message")
        .that.matches(/announced in transaction 0x[0-9a-f]{64} in block \d+/);
      expect(await sentBy(signerAdmin)).to.equal(sent + 1);
      await revoke(guardian);
      behind = 2;
      const announced = await grantLate();
      expect([announced.outcome, whats(announced.steps), behind]).to.deep.equal(["announced", ["announce"], 0]);
      await revoke(guardian);
    });

    it("is granted, shown and revoked by tasks", async () => {
      const granted = await run("signer:grant", signer, "--contract", "CastMinter", "--as", "4", "--warp", "--json");
      expect(granted.json, granted.stderr).to.include({ outcome: "granted", contract: "CastMinter", account: addressAt(signerAdmin) });
      expect(whats(granted.json["transactions"] as { what: string }[])).to.deep.equal(["announce", "grant"]);
      await grant(signerAdmin);
      const [shown, revoked] = await Promise.all([
        run("signer:show", "--json"),
        run("signer:revoke", signer, "--contract", "CastMinter", "--as", "3"),
      ]);
      const signs = (shown.json["signers"] as { signer: string; contract: string; granted: boolean; announced: object[] }[])
        .filter((each) => each.signer === signer)
        .map(({ contract, announced }) => [contract, announced.length]);
      expect(signs).to.deep.include(["VoucherMinter", 1]);
      expect(shown.json["mayCancel"]).to.deep.include({ VoucherMinter: [addressAt(guardian)] });
      expect(revoked.stdout, revoked.stderr).to.match(/revoke: 0x[0-9a-f]{64}/);
      expect(revoked.code).to.equal(0);
      await revoke(guardian);
    });
  });

  describe("a circuit", () => {
    it("is registered by nobody at once: it says how to propose it, and sends nothing", async () => {
      const before = await sentBy(0);
      const refused = await errorOf(registerCircuit(account(0), await registry(), registration));
      expect(refused).to.be.instanceOf(RoleMissing).with.property("hint").that.contains("--propose");
      expect(refused).to.have.property("message").that.contains("register, activate, setTerms, setSources of ProvenPrices");
      const unstaked = await errorOf(propose());
      expect(unstaked).to.be.instanceOf(ContractRefused).with.property("reason", "GovernorInsufficientProposerVotes");
      expect(await sentBy(0)).to.equal(before);
    });

    it("is proposed once, all of it at once, and again only with another reason where that failed", async () => {
      await vote.stake(account(0), parseEther("2500000"));
      await warp((await now()) + 1n); // it counts from the next second on
      const circuit = ["--circuit", "price3", "--max-delay", "3600"];
      const first = await run("circuit:register", ...circuit, "--propose", "--json");
      expect(first.json, first.stdout).to.deep.include({ done: ["verifier deployed", "proposed"], tried: 4 });
      const { id, calls } = first.json["proposal"] as { id: string; calls: { words: string }[] };
      const circuitId = String(first.json["id"]);
      expect(calls[0]?.words).to.match(/^ProvenPrices\.register\(\((0x[0-9a-f]{64}(, )?){6}\), 0x[0-9a-fA-F]{40}\)$/);
      expect(calls.slice(1).map(({ words }) => words)).to.deep.equal([
        `ProvenPrices.activate(${circuitId})`,
        "ProvenPrices.setTerms(4543560, (2, 50, 60, 3600))",
        `ProvenPrices.setSources(4543560, ${circuitId}, ${registration.sourcesRoot})`,
      ]);
      const sent = await sentBy(0);
      expect(await proposed("whatever the reason")).to.deep.include({ proposalId: id, done: [], tried: undefined });
      expect(await sentBy(0)).to.equal(sent);
      const voter = account(0);
      await vote.vote(voter, await vote.ready(id, "voted on", warp), "against");
      await warp((await vote.proposal(id)).deadline + 1n);
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
      const again = await run("circuit:register", "--circuit", "price3", "--json");
      expect(again.json, again.stderr).to.deep.include({ done: [] });
      const id = String(again.json["id"]);
      const { circuits } = await readDeployment(directory(), "local");
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
      const proposing = () => proposeCircuit(account(0), where, { ...registration, assetId }, { name: "price3", reason: "" });
      const terms = { quorum: 3, maxDeviationBps: 50, maxAgeSeconds: 60, maxDelaySeconds: 300 };
      const data = where.prices.interface.encodeFunctionData("setTerms", [assetId, terms]);
      const { id } = await vote.propose(account(0), { calls: [{ to, data }], description: "another quorum" });
      const sent = await sentBy(0);
      const error = await errorOf(proposing());
      expect(error).to.be.instanceOf(ProposalsClash).with.property("code", "PROPOSALS_CLASH");
      expect(error).to.have.property("message").that.contains(`open proposal ${id}`);
      expect(await sentBy(0)).to.equal(sent);
      await warp((await vote.proposal(id)).deadline + 1n); // nobody voted for it
      expect(await proposing()).to.include({ kind: "proposed" });
    });

    it("has its terms changed by a call that is proposed, and refused before where the contract would refuse it", async () => {
      const contracts = await contractsOf(hre, deployment);
      const terms = (quorum: number, reason = "") =>
        callMotion(contracts, { call: "ProvenPrices.setTerms", args: `[4543560,[${quorum},50,60,300]]` }, reason);
      const sent = await sentBy(0);
      expect(await errorOf(vote.propose(account(0), terms(0))))
        .to.be.instanceOf(ContractRefused)
        .with.property("reason", "TermsOutOfRange");
      const ofTimelock = callMotion(contracts, { call: "TimelockController.updateDelay", args: "[1]" }, "");
      expect(await errorOf(vote.propose(account(0), ofTimelock))).to.have.property("reason", "TargetNotGoverned");
      expect(await sentBy(0)).to.equal(sent);
      const made = await run(
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
      expect(proposal.description, made.stderr).to.equal(`Call ${words}: all of them`);
      expect(proposal.description).to.equal(terms(3, "all of them").description);
      expect((await executed(proposal.id)).state).to.equal("Executed");
      const shown = await run("gov:show", proposal.id);
      expect(shown.stdout).to.contain(`what it calls:\n1. ${words}\n`);
      expect((await (await registry()).prices.termsOf(4_543_560n)).quorum).to.equal(3n);
    });
  });
});
