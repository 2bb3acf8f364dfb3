import { readFileSync } from "node:fs";
import { expect } from "chai";
import {
  aggregate,
  DeviationTooLarge,
  InvalidPriceInput,
  InvalidSourceKey,
  InvalidSourceSet,
  isSourceKey,
  packReport,
  publicSignals,
  type Quote,
  quotedFrom,
  QuorumNotReached,
  refusals,
  signQuote,
  sourceSigner,
  type SourceSigner,
  sourcesRoot,
  SUBGROUP_ORDER,
  unpackReport,
  verifies,
} from "../../../src/price/index.ts";
import { Secret } from "../../../src/secret.ts";
import { ETH, NOW, requestOf, signersOf } from "../../circuits/example.ts";

const signers = signersOf(3) as [SourceSigner, SourceSigner, SourceSigner];
const quote = (at: 0 | 1 | 2, price: bigint, timestamp = NOW): Quote => signQuote(signers[at], ETH, price, timestamp);

/** Names of what is refused beside a good quote of another source. */
const refusedWith = (...quotes: Quote[]): string[] =>
  aggregate(requestOf(signers), [quote(2, 2_000n), ...quotes]).refused.map(({ why }) => why);

describe("aggregate", () => {
  it("takes the lower median, an element and never an average", () => {
    expect(aggregate(requestOf(signers), [quote(0, 2_001n), quote(1, 2_000n)]).price).to.equal(2_000n);
    expect(aggregate(requestOf(signers), [quote(0, 2_001n), quote(1, 2_000n), quote(2, 2_002n)]).price).to.equal(2_001n);
  });

  it("refuses a deviation of exactly the bound with code 0x17, and takes a unit less", () => {
    expect(aggregate(requestOf(signers), [quote(0, 20_000n), quote(1, 20_099n)]).price).to.equal(20_000n);
    const run = () => aggregate(requestOf(signers), [quote(0, 20_000n), quote(1, 20_100n)]);
    expect(run).to.throw(DeviationTooLarge).with.property("refusal", 0x17);
    expect(refusals.DEVIATION_TOO_LARGE).to.equal(0x17);
  });

  it("refuses one source less than the quorum, and says what was wrong with the others", () => {
    const run = () => aggregate(requestOf(signers, { quorum: 2 }), [quote(0, 2_000n), quote(1, 2_000n, NOW + 1)]);
    expect(run).to.throw(QuorumNotReached).with.property("refused").that.deep.equals(["QUOTE_FROM_THE_FUTURE"]);
  });

  it("refuses quotes with a reason each", () => {
    const stranger = sourceSigner(new Secret(new Uint8Array(32).fill(99)));
    expect(refusedWith(signQuote(stranger, ETH, 2_000n, NOW))).to.deep.equal(["SOURCE_UNKNOWN"]);
    expect(refusedWith(quote(0, 0n))).to.deep.equal(["PRICE_OUT_OF_RANGE"]);
    expect(refusedWith({ ...quote(0, 2_000n), price: 1n << 64n })).to.deep.equal(["PRICE_OUT_OF_RANGE"]);
    expect(refusedWith(quote(0, 2_000n, NOW - 61))).to.deep.equal(["QUOTE_TOO_OLD"]);
    expect(refusedWith(quote(0, 2_000n, NOW - 60))).to.deep.equal([]);
    expect(refusedWith({ ...quote(0, 2_000n), price: 2_001n })).to.deep.equal(["SIGNATURE_INVALID"]);
    expect(refusedWith({ ...quote(0, 2_000n), source: signers[1].key })).to.deep.equal(["SIGNATURE_INVALID"]);
    expect(refusedWith(signQuote(signers[0], ETH + 1n, 2_000n, NOW))).to.deep.equal(["SIGNATURE_INVALID"]);
  });

  it("counts a source once: its newest quote, and none where it signed two prices for one second", () => {
    expect(refusedWith(quote(0, 2_000n), quote(0, 2_000n))).to.deep.equal([]);
    const newest = aggregate(requestOf(signers), [quote(0, 2_005n), quote(0, 2_000n, NOW - 1)]);
    expect([newest.price, newest.refused.map(({ why }) => why)]).to.deep.equal([2_005n, ["SOURCE_TWICE"]]);
    expect(refusedWith(quote(0, 2_000n), quote(0, 2_001n))).to.deep.equal(["SOURCE_TWICE", "SOURCE_TWICE"]);
  });

  it("says the youngest age that is true of its quotes, and never more than was allowed", () => {
    const ageOf = (...quotes: Quote[]) => {
      const { publicInputs, inputs, quotedFrom } = aggregate(requestOf(signers), quotes);
      const { maxAge, timestamp } = unpackReport(publicInputs.packed);
      expect([inputs["maxAge"], quotedFrom]).to.deep.equal([BigInt(maxAge), timestamp - maxAge]);
      return maxAge;
    };
    expect(ageOf(quote(0, 2_000n))).to.equal(0);
    expect(ageOf(quote(0, 2_000n, NOW - 3), quote(1, 2_000n))).to.equal(3);
    expect(ageOf(quote(0, 2_000n, NOW - 60), quote(1, 2_000n, NOW - 7))).to.equal(60);
    expect(ageOf(quote(0, 2_000n, NOW - 61), quote(1, 2_000n, NOW - 7)), "of those that count").to.equal(7);
    expect(ageOf(quote(0, 2_000n, NOW - 20), quote(0, 2_000n, NOW - 2)), "of each source's newest").to.equal(2);
  });

  it("counts no quote that could not replace the price that is there, as the contract does not", () => {
    const vectors = JSON.parse(readFileSync(new URL("../../vectors/price-seconds.json", import.meta.url), "utf8")) as {
      readonly before: number;
      readonly timestamp: number;
      readonly maxAge: number;
      readonly second: number;
      readonly newer: boolean;
    }[];
    for (const { before, timestamp, maxAge, second, newer } of vectors) {
      expect(quotedFrom({ timestamp, maxAge })).to.equal(second);
      const run = () =>
        aggregate(requestOf(signers, { timestamp, maxAge: 65_535, newerThan: before }), [
          quote(0, 2_000n, second),
          quote(1, 2_010n, before),
        ]);
      if (newer) expect(run()).to.deep.include({ price: 2_000n, quotedFrom: second });
      else expect(run).to.throw(QuorumNotReached).with.property("refused").that.deep.equals(["NOT_NEWER", "NOT_NEWER"]);
    }
    expect(refusals.NOT_NEWER).to.equal(0x23);
  });

  it("refuses requests that no circuit could prove", () => {
    for (const wrong of [
      { quorum: 0 },
      { quorum: 256 },
      { maxAge: 65_536 },
      { timestamp: 0.5 },
      { context: 1n << 248n },
      { blockHash: -1n },
    ]) {
      expect(() => aggregate(requestOf(signers, wrong), [quote(0, 2_000n)]), Object.keys(wrong)[0]).to.throw(InvalidPriceInput);
    }
  });
});

describe("A set of sources", () => {
  const keys = signers.map(({ key }) => key);

  it("is refused unsorted, with a key twice, empty, or with a key outside of the subgroup", () => {
    const [a, b, c] = keys as [(typeof keys)[0], (typeof keys)[0], (typeof keys)[0]];
    for (const wrong of [[b, a, c], [a, a, c], [], [{ x: 0n, y: 1n }, a], [{ x: 1n, y: 1n }, a]]) {
      expect(() => sourcesRoot(wrong)).to.throw(InvalidSourceSet);
    }
    const minusOne = 21888242871839275222246405745257275088548364400416034343698204186575808495616n;
    expect(isSourceKey({ x: 0n, y: minusOne })).to.equal(false); // on the curve, of order 2
    expect(isSourceKey(a)).to.equal(true);
  });
});

describe("Encodings", () => {
  const report = { blockNumber: 1, quorum: 5, maxDeviationBps: 50, maxAge: 60, timestamp: NOW, price: 7n, assetId: ETH };
  const field = 21888242871839275222246405745257275088548364400416034343698204186575808495617n;

  it("of a report are one, and back", () => {
    expect(unpackReport(packReport(report))).to.deep.equal(report);
    expect(() => packReport({ ...report, price: 1n << 64n })).to.throw(InvalidPriceInput);
    expect(() => unpackReport(packReport(report) + (1n << 246n))).to.throw(InvalidPriceInput);
  });

  it("of public inputs beyond their range or the field are refused", () => {
    const inputs = { packed: packReport(report), sourcesRoot: 1n, blockHashHi: 2n, blockHashLo: 3n, context: 4n };
    expect(publicSignals(inputs)).to.deep.equal([inputs.packed, 1n, 2n, 3n, 4n]);
    for (const [name, value] of Object.entries(inputs))
      expect(() => publicSignals({ ...inputs, [name]: value + field })).to.throw(InvalidPriceInput);
  });

  it("of a signature are one: no larger S, no coordinate beyond the field", () => {
    const [signer] = signers;
    const signature = signer.sign(5n);
    expect(verifies(signer.key, 5n, signature)).to.equal(true);
    expect(verifies(signer.key, 5n, { ...signature, s: signature.s + SUBGROUP_ORDER })).to.equal(false);
    expect(verifies(signer.key, 5n, { ...signature, r8x: signature.r8x + field })).to.equal(false);
    expect(verifies({ ...signer.key, y: signer.key.y + field }, 5n, signature)).to.equal(false);
  });

  it("of keys and signatures are those of other software, byte for byte", () => {
    const signer = sourceSigner(new Secret(new Uint8Array(32).fill(7)));
    // By @zk-kit/eddsa-poseidon 1.1.0.
    expect(signer.key.x).to.equal(14422859473778768188622151430526693594403470008420308922992775064941455773685n);
    expect(signer.sign(864197523n)).to.deep.equal({
      r8x: 10332204983710044280955409937289863344969104567108378876211575754650889494163n,
      r8y: 20130310234979462448929021962314591489535022027038514199059921311133109213304n,
      s: 1166038495245288918130848394355085869019586457970658253718704022921278374394n,
    });
    expect(() => sourceSigner(new Secret(new Uint8Array(31)))).to.throw(InvalidSourceKey);
  });
});
