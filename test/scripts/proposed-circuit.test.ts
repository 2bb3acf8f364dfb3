import { expect } from "chai";
import {
  circuitNamedBy,
  CircuitNotProposed,
  ProposedCircuitUnclear,
  registrationOf,
  registrationsIn,
  sourcesComparisons,
} from "../../scripts/circuits/proposed.ts";
import type { Call } from "../../src/cast/index.ts";
import { IProvenPrices__factory } from "../../types/ethers-contracts/index.ts";

const digest = (byte: string): string => `0x${byte.repeat(32)}`;
const [here, elsewhere, verifier] = ["11", "22", "33"].map((byte) => `0x${byte.repeat(20)}`) as [string, string, string];
const abi = IProvenPrices__factory.createInterface();
const prices = { abi, address: here };
const artifactsOf = (r1cs: string) => ({
  ...{ r1cs, wasm: digest("a2"), verifyingKey: digest("a3"), transcript: digest("a4"), sources: digest("a5"), cid: digest("a6") },
});
const register = (r1cs: string, to = here, transcript = digest("a4")): Call => ({
  to,
  data: abi.encodeFunctionData("register", [{ ...artifactsOf(r1cs), transcript }, verifier]),
});
const setSources = (circuitId: string, root: bigint): Call => ({
  to: here,
  data: abi.encodeFunctionData("setSources", [7n, circuitId, root]),
});
const [three, seven] = [digest("03"), digest("07")];
const found = (...calls: readonly Call[]) => registrationsIn(prices, { id: "703512", calls });
const errorOf = (work: () => unknown): unknown => {
  try {
    return work();
  } catch (error) {
    return error;
  }
};

describe("A circuit in a proposal", () => {
  it("is what a call of ProvenPrices itself registers, whatever else is called", () => {
    const broken: Call = { to: here, data: abi.getFunction("register").selector };
    const calls = [
      setSources(three, 1n),
      register(seven, elsewhere),
      broken,
      { ...register(three), to: here.toUpperCase().replace("X", "x") },
    ];
    expect(found(...calls)).to.deep.equal([{ call: 4, artifacts: artifactsOf(three), verifier }]);
    const none = errorOf(() => found(register(three, elsewhere), broken));
    expect(none).to.be.instanceOf(CircuitNotProposed).with.property("code", "CIRCUIT_NOT_PROPOSED");
    expect(none).to.have.property("message").that.contains("703512");
    expect(none).to.have.property("hint").that.contains("gov:show");
  });

  it("is the only one, or of several the one with the named circuit's constraint system", () => {
    expect(registrationOf(found(register(seven)), "price3", three).call).to.equal(1); // the comparison says that it differs
    expect(registrationOf(found(register(seven), register(three)), "price3", three).call).to.equal(2);
    expect(registrationOf(found(register(three), register(three)), "price7", seven).call).to.equal(1); // the second cannot be executed
    const two = found(register(three), register(three, here, digest("b4")));
    const other = found(register(digest("0e")), register(digest("15")));
    for (const registrations of [two, other]) {
      const unclear = errorOf(() => registrationOf(registrations, "price3", three));
      expect(unclear).to.be.instanceOf(ProposedCircuitUnclear).with.property("code", "PROPOSED_CIRCUIT_UNCLEAR");
      for (const { artifacts } of registrations) expect(unclear).to.have.property("message").that.contains(artifacts.r1cs);
    }
  });

  it("is told from others that the proposal activates or sets sources of", () => {
    const activate = { to: here, data: abi.encodeFunctionData("activate", [seven]) };
    expect([activate, setSources(three, 1n), register(three)].map((call) => circuitNamedBy(prices, call))).to.deep.equal([
      seven,
      three,
      undefined,
    ]);
    expect(circuitNamedBy(prices, { ...activate, to: elsewhere })).to.equal(undefined);
  });

  it("has every root that is set for it compared, and none at all is told", () => {
    const matches = (...calls: readonly Call[]) =>
      sourcesComparisons(prices, calls, { circuitId: three, root: 5n }).map((row) => row.matches);
    expect(matches(setSources(three, 5n), setSources(seven, 6n))).to.deep.equal([true]);
    expect(matches(setSources(three, 5n), setSources(three, 6n))).to.deep.equal([true, false]);
    expect(matches(setSources(seven, 5n))).to.deep.equal([false]);
  });
});
