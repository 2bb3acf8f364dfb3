// The whole road of a signer, before the deployer has given its roles away and after, on one real node. The tasks run in
// processes of their own where arguments and output matter; what they call runs in this one.
import { expect } from "chai";
import { toBeHex } from "ethers";
import { accessAbi, RoleMissing } from "../../scripts/deployment/access.ts";
import { grantOf, readSigners, signersAbi } from "../../scripts/deployment/announced.ts";
import { signerDelaySeconds } from "../../scripts/deployment/handover.ts";
import { selectorOf } from "../../scripts/deployment/permissions.ts";
import { readRoles } from "../../scripts/deployment/roles.ts";
import { SignerNotSeenYet, SignerStillAnnounced, SignerStillSigns } from "../../scripts/deployment/signer-errors.ts";
import { grantSigner, guardiansOf, revokeSigner, type SignerOf } from "../../scripts/deployment/signers.ts";
import type { Call } from "../../src/cast/index.ts";
import type { Rpc } from "../../src/chain/index.ts";
import { outcomeOf, type RpcCall } from "../../src/chain/rpc/rpc.ts";
import { addressAt, describeGoverned, errorOf, guardian, signerAdmin, stranger } from "./governed.ts";

const day = 86_400n;

describeGoverned("A signer of vouchers", (world) => {
  const signer = `0x${"51".repeat(20)}`;
  const of = (): SignerOf => ({ deployment: world().deployment, contract: "VoucherMinter", signer });
  const grant = (index: number, to?: (to: bigint) => Promise<void>) => grantSigner(world().account(index), of(), { warp: to });
  const revoke = (index: number) => revokeSigner(world().account(index), of());
  const whats = (steps: readonly { readonly what: string }[]) => steps.map(({ what }) => what);
  /** The node, save where `answer` says otherwise. */
  const endpoint = (answer: (call: RpcCall, asIs: () => Promise<unknown>) => Promise<unknown>): Rpc => {
    const request: Rpc["request"] = (method, params) =>
      answer({ method, params }, () => world().rpc.request(method, params)) as Promise<never>;
    const each: Rpc["each"] = (calls) =>
      Promise.all(calls.map(({ method, params }) => request<never>(method, params).then((value) => outcomeOf(() => value))));
    return { request, each };
  };
  /** Announces it although it signs already, which the task does not. */
  const announceAgain = async () => {
    const { AccessManager, VoucherMinter } = world().deployment.contracts;
    const data = accessAbi.encodeFunctionData("schedule", [VoucherMinter.address, grantOf(signer), 0]);
    await world().account(signerAdmin).send({ to: AccessManager.address, data });
  };
  /** Executes what was announced so. */
  const executeAgain = async () => {
    await world().warp((await world().now()) + BigInt(signerDelaySeconds));
    await world()
      .account(signerAdmin)
      .send({ to: world().deployment.contracts.VoucherMinter.address, data: grantOf(signer) });
  };
  const standing = async () =>
    (await readSigners(world().rpc, world().deployment, ["VoucherMinter"], [signer])).standings.find((each) => each.signer === signer);

  it("is granted at once by whoever has no delay, and revoked", async () => {
    expect(await grant(0)).to.deep.include({ outcome: "granted" });
    expect(await grant(0)).to.deep.equal({ outcome: "held", steps: [] });
    expect(await standing()).to.deep.equal({ contract: "VoucherMinter", signer, granted: true, announced: [] });
    expect(whats(await revoke(0))).to.deep.equal(["revoke"]);
    expect(await revoke(0)).to.deep.equal([]);
    expect((await standing())?.granted).to.equal(false);
  });

  it("is announced after the handover, granted a day later, and announced anew where that was too late", async () => {
    await world().handOver();
    const first = await grant(signerAdmin);
    if (first.outcome !== "announced") throw new Error(`it is ${first.outcome}`);
    expect(whats(first.steps)).to.deep.equal(["announce"]);
    expect(first.from).to.equal((await world().now()) + BigInt(signerDelaySeconds));
    const held = { by: addressAt(signerAdmin), from: first.from, until: first.from + 7n * day };
    expect((await standing())?.announced).to.deep.equal([{ ...held, data: grantOf(signer) }]);
    await world().warp(first.from - 3_600n);
    const sent = await world().sentBy(signerAdmin);
    expect(await grant(signerAdmin)).to.deep.include({ outcome: "announced", steps: [], from: first.from, until: held.until });
    expect(await world().sentBy(signerAdmin)).to.equal(sent);
    await world().warp(first.until); // from here on it has expired
    expect((await standing())?.announced).to.deep.equal([]);
    expect(await grant(signerAdmin)).to.deep.include({ outcome: "announced" });
    await world().warp((await world().now()) + day);
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
    expect(guardiansOf(await readRoles(world().rpc, world().deployment), "VoucherMinter").map((each) => each.account)).to.deep.equal([
      addressAt(guardian),
    ]);
  });

  it("is not hidden by bytes behind its announcement", async () => {
    const { address: minter } = world().deployment.contracts.VoucherMinter;
    const data = accessAbi.encodeFunctionData("schedule", [minter, `${grantOf(signer)}00`, 0]);
    await world().account(signerAdmin).send({ to: world().deployment.contracts.AccessManager.address, data });
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
    expect(await world().sentBy(stranger)).to.equal(0);
    await revoke(guardian);
  });

  describe("that an earlier run of the same account left something of", () => {
    const toMinter = (data: string): Call => ({ to: world().deployment.contracts.VoucherMinter.address, data });
    const toManager = (name: string, ...before: unknown[]) => ({
      to: world().deployment.contracts.AccessManager.address,
      data: accessAbi.encodeFunctionData(name, [...before, toMinter("").to, grantOf(signer), ...(name === "schedule" ? [0] : [])]),
    });

    it("is revoked where it was granted again", async () => {
      await grant(signerAdmin, world().warp);
      const left = await world().accountThatLeft(guardian, toMinter(signersAbi.encodeFunctionData("revokeSigner", [signer])));
      expect((await grant(signerAdmin, world().warp)).outcome).to.equal("granted");
      expect(whats(await revokeSigner(left, of()))).to.deep.equal(["revoke"]);
      expect(await standing()).to.deep.include({ granted: false, announced: [] });
    });

    it("is cancelled where it was announced again", async () => {
      await grant(signerAdmin);
      const left = await world().accountThatLeft(guardian, toManager("cancel", addressAt(signerAdmin)));
      await grant(signerAdmin);
      expect(whats(await revokeSigner(left, of()))).to.deep.equal(["cancel"]);
      expect(await standing()).to.deep.include({ granted: false, announced: [] });
    });

    it("is announced where that was cancelled", async () => {
      const left = await world().accountThatLeft(signerAdmin, toManager("schedule"));
      await revoke(guardian);
      const granted = await grantSigner(left, of());
      expect([granted.outcome, whats(granted.steps)]).to.deep.equal(["announced", ["announce"]]);
      expect((await standing())?.announced).to.have.length(1);
      await revoke(guardian);
    });
  });

  it("is revoked first and at once, by an endpoint without logs too, which says what it does not know", async () => {
    await grant(signerAdmin, world().warp);
    await announceAgain();
    const blind = endpoint(({ method }, asIs) => (method === "eth_getLogs" ? Promise.reject(new Error("no logs")) : asIs()));
    const error = await errorOf(revokeSigner(world().account(guardian, {}, blind), of()));
    expect(error).to.be.instanceOf(SignerStillAnnounced).with.property("code", "SIGNER_ANNOUNCED");
    expect(error)
      .to.have.property("message")
      .that.matches(/no logs; sent: revoke 0x[0-9a-f]{64} in block \d+$/);
    expect(await standing()).to.deep.include({ granted: false });
    expect((await standing())?.announced).to.have.length(1);
    expect(whats(await revoke(guardian))).to.deep.equal(["cancel"]);
  });

  it("is revoked before anything is cancelled, and again where it was granted meanwhile", async () => {
    await grant(signerAdmin, world().warp);
    await announceAgain();
    let looks = 0;
    const raced = endpoint(async ({ method }, asIs) => {
      if (method === "eth_getLogs" && looks++ === 0) await executeAgain();
      return asIs();
    });
    expect(whats(await revokeSigner(world().account(guardian, {}, raced), of()))).to.deep.equal(["revoke", "revoke"]);
    expect(await standing()).to.deep.include({ granted: false, announced: [] });
    await grant(signerAdmin, world().warp);
    await announceAgain();
    expect(whats(await revoke(guardian))).to.deep.equal(["revoke", "cancel"]);
  });

  it("still signs, and that is said, where somebody grants it as often as it is revoked", async () => {
    await grant(signerAdmin, world().warp);
    const raced = endpoint(async ({ method }, asIs) => {
      if (method === "eth_getLogs") {
        await announceAgain();
        await executeAgain();
      }
      return asIs();
    });
    const error = await errorOf(revokeSigner(world().account(guardian, {}, raced), of()));
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
    const grantLate = () => grantSigner(world().account(signerAdmin, {}, late), of(), { clock });
    const sent = await world().sentBy(signerAdmin);
    const error = await errorOf(grantLate());
    expect(error).to.be.instanceOf(SignerNotSeenYet).with.property("code", "SIGNER_NOT_SEEN_YET");
    expect(error)
      .to.have.property("message")
      .that.matches(/announced in transaction 0x[0-9a-f]{64} in block \d+/);
    expect(await world().sentBy(signerAdmin)).to.equal(sent + 1);
    await revoke(guardian);
    behind = 2;
    const announced = await grantLate();
    expect([announced.outcome, whats(announced.steps), behind]).to.deep.equal(["announced", ["announce"], 0]);
    await revoke(guardian);
  });

  it("is granted, shown and revoked by tasks", async () => {
    const granted = await world().run("signer:grant", signer, "--contract", "CastMinter", "--as", "4", "--warp", "--json");
    expect(granted.json, granted.stderr).to.include({ outcome: "granted", contract: "CastMinter", account: addressAt(signerAdmin) });
    expect(whats(granted.json["transactions"] as { what: string }[])).to.deep.equal(["announce", "grant"]);
    await grant(signerAdmin);
    const [shown, revoked] = await Promise.all([
      world().run("signer:show", "--json"),
      world().run("signer:revoke", signer, "--contract", "CastMinter", "--as", "3"),
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
