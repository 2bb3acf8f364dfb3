import { expect } from "chai";
import type { AssetCall } from "../../scripts/circuits/asset-calls.ts";
import { RpcUnanswered } from "../../src/chain/index.ts";
import { warningsOf } from "../../tasks/gov-warnings.ts";
import { type AssetHeld, knownCircuits, quorumMisfits } from "../../scripts/circuits/quorums.ts";

const assetId = 7n;
const idOf = (digit: string): string => `0x${digit.repeat(64)}`;
const [small, large, foreign] = [idOf("a"), idOf("b"), idOf("c")];
const known = [
  { name: "price3", id: small.toUpperCase().replace("X", "x"), size: 3 },
  { name: "price7", id: large, size: 7 },
];

const terms = (quorum: number): AssetCall => ({ name: "setTerms", assetId, quorum });
const given = (circuitId: string): AssetCall => ({ name: "setSources", assetId, circuitId, root: 1n });
const taken = (circuitId: string): AssetCall => ({ name: "removeSources", assetId, circuitId });

/** The circuits' sizes that do not fit, where an asset with this quorum and these circuits gets the calls. */
const sizesOf = (quorum: number, circuits: readonly string[], ...calls: readonly AssetCall[]) =>
  quorumMisfits(calls, [{ assetId, quorum, circuits }], known).map(({ size }) => size);

describe("Quorums that proposals leave", () => {
  it("are held to every circuit with sources where they are set", () => {
    expect(sizesOf(2, [small], terms(3))).to.deep.equal([]);
    expect(sizesOf(2, [small], terms(1))).to.deep.equal([3]);
    expect(sizesOf(2, [small], terms(4))).to.deep.equal([3]);
    expect(sizesOf(2, [small, large], terms(3))).to.deep.equal([7]);
    expect(sizesOf(2, [small, large], terms(8))).to.deep.equal([3, 7]);
    expect(sizesOf(0, [], terms(200))).to.deep.equal([]);
  });

  it("are held to what is given sources alone where they are as before", () => {
    expect(sizesOf(5, [small], given(large)), "the small one proved nothing before").to.deep.equal([]);
    expect(sizesOf(2, [small], given(large))).to.deep.equal([7]);
    expect(sizesOf(0, [], given(large)), "no terms yet").to.deep.equal([]);
  });

  it("are those after the last call, whatever was between", () => {
    expect(sizesOf(2, [small], terms(9), terms(2))).to.deep.equal([]);
    expect(sizesOf(2, [small], taken(small), terms(5), given(large))).to.deep.equal([]);
    expect(sizesOf(2, [small], given(large), terms(5))).to.deep.equal([3]);
    expect(sizesOf(2, [], given(large), taken(large))).to.deep.equal([]);
    expect(sizesOf(2, [], taken(large), given(large))).to.deep.equal([7]);
  });

  it("are each asset's own", () => {
    const other: AssetHeld = { assetId: 8n, quorum: 2, circuits: [small] };
    const both = [{ assetId, quorum: 2, circuits: [small] }, other];
    expect(quorumMisfits([terms(5)], both, known).map((each) => each.assetId)).to.deep.equal([assetId]);
  });

  it("say of a circuit that is not on record that nobody knows, and of others what they need", () => {
    const [unknown, small3] = quorumMisfits([terms(4)], [{ assetId, quorum: 2, circuits: [foreign, small] }], known);
    expect(unknown).to.deep.include({ assetId, quorum: 4, size: undefined });
    expect(unknown?.words).to.contain(`circuit ${foreign} is not known`);
    expect(small3?.words).to.equal(
      "once it is executed, the quorum of asset 7 is 4, and a circuit of 3 sources needs 2 to 3: price3 proves no price of it then",
    );
  });

  it("know the circuits of the record by their names", () => {
    const recorded = (id: string) => ({ id, verifier: "", verifyingKey: "" });
    const circuits = { price7: recorded(large), price3: recorded(small), another: recorded(foreign) };
    expect(knownCircuits({ circuits }).map(({ size, id }) => [size, id])).to.have.deep.members([
      [3, small],
      [7, large],
    ]);
    expect(knownCircuits({})).to.deep.equal([]);
  });
});

describe("Warnings of quorums", () => {
  it("say that they could not be read where a node does not tell, and hide no other error", async () => {
    const unanswered = new RpcUnanswered("eth_getLogs", "the node", "HTTP 429");
    const [warning, ...others] = await warningsOf(() => Promise.reject(unanswered));
    expect(others).to.deep.equal([]);
    expect(warning).to.contain("could not be read").and.contain("HTTP 429");
    const bug = new TypeError("a bug");
    expect(await warningsOf(() => Promise.reject(bug)).catch((error: unknown) => error)).to.equal(bug);
  });
});
