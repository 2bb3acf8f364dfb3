// Reports that are accepted and refused, each refusal by its code; batches; and what TypeScript and Solidity say of the same
// public inputs.
import { readFile } from "node:fs/promises";
import { expect } from "chai";
import { id, toBeHex, ZeroAddress } from "ethers";
import { network } from "hardhat";
import { proofContext, refusals, type Report } from "../../../src/price/index.ts";
import { type Binding, bring, type Brought, coin, deployPrices, ether, type Prices } from "./prices-fixture.ts";
import { register, reportNow, roots, terms } from "./prices-fixture.ts";
import { BASE, SCALAR } from "./proofs.ts";

const HISTORY = "0x0000F90827F1C53a10cb7A02335B175320002935";

/** The contract that EIP-2935 puts there; EDR has a stub in its place that always reverts. */
const HISTORY_CODE =
  "0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";

const codes = {
  ...refusals,
  REPORT_MALFORMED: 0x20,
  TERMS_NOT_SET: 0x21,
  BLOCK_NOT_KNOWN: 0x22,
  TIMESTAMP_IN_FUTURE: 0x24,
  REPORT_TOO_OLD: 0x25,
  SOURCES_NOT_SET: 0x26,
  PROOF_INVALID: 0x27,
  OTHER_ASSET: 0x28,
} as const;

describe("proven prices", function () {
  this.timeout(600_000);
  let fixture: Prices;

  beforeEach(async () => {
    fixture = await deployPrices(await network.create());
  });

  /** Everything is given again by name, as a caller would who changes one thing. */
  const send = ({ proof, report }: Brought) => fixture.prices.connect(fixture.stranger).submit([...proof] as never, report as never);
  const sendMany = (circuitId: string, all: readonly Brought[]) =>
    fixture.prices.connect(fixture.stranger).submitMany(
      circuitId,
      all.map(({ proof }) => [...proof]),
      all.map(({ report: { packed, nonce } }) => ({ packed, nonce })),
    );
  const brought = async (changes: Partial<Report> = {}, binding: Binding = {}) =>
    bring(fixture, await reportNow(fixture, changes), binding);
  const seconds = () => fixture.connection.networkHelpers.time.latest();
  const pass = (time: number) => fixture.connection.networkHelpers.time.increase(time);
  const mine = (blocks: number) => fixture.connection.networkHelpers.mine(blocks);
  const stored = async (assetId = ether) => [...(await fixture.prices.latestPrice(assetId))];

  async function expectRefused(sent: Promise<unknown>, code: number, what = ""): Promise<void> {
    await expect(sent, what).to.be.revertedWithCustomError(fixture.prices, "PriceProofRejected").withArgs(code);
  }

  describe("submit", () => {
    it("stores what the proof says, for anybody, and says so", async () => {
      expect(await stored()).to.deep.equal([0n, 0n, 0n]);
      const report = await reportNow(fixture);
      await expect(send(await bring(fixture, report)))
        .to.emit(fixture.prices, "PricePosted")
        .withArgs(ether, report.price, report.timestamp, report.blockNumber);
      expect(await stored()).to.deep.equal([report.price, BigInt(report.timestamp), BigInt(report.blockNumber)]);
      expect(await stored(coin)).to.deep.equal([0n, 0n, 0n]);
      expect([...(await fixture.prices.termsOf(ether))]).to.deep.equal(Object.values(terms).map(BigInt));
    });

    it("takes the largest price and a proof of stronger terms, which do not become the asset's", async () => {
      const { quorum, maxDeviationBps, maxAgeSeconds: maxAge } = terms;
      await send(await brought({ quorum, maxDeviationBps, maxAge }));
      await send(await brought({ price: 2n ** 64n - 1n, quorum: 7, maxDeviationBps: 1, maxAge: maxAge - 1 }));
      expect((await stored())[0]).to.equal(2n ** 64n - 1n);
      expect([...(await fixture.prices.termsOf(ether))]).to.deep.equal(Object.values(terms).map(BigInt));
    });

    it("refuses a replay, and the same proof in another form", async () => {
      const once = await brought();
      await send(once);
      await expectRefused(send(once), codes.NOT_NEWER);
      const [ax = 0n, ay = 0n, bxi = 0n, bxr = 0n, byi = 0n, byr = 0n, ...c] = once.proof;
      const negated = [ax, BASE - ay, bxi, bxr, BASE - byi, BASE - byr, ...c];
      await expectRefused(send({ ...once, proof: negated }), codes.NOT_NEWER);
    });

    it("stores the second from which its quotes are, and says so", async () => {
      const report = await reportNow(fixture, { maxAge: 7 });
      await expect(send(await bring(fixture, report)))
        .to.emit(fixture.prices, "PricePosted")
        .withArgs(ether, report.price, report.timestamp - 7, report.blockNumber);
      expect(await stored()).to.deep.equal([report.price, BigInt(report.timestamp - 7), BigInt(report.blockNumber)]);
    });

    it("refuses quotes that are not from a later second on, however late the prover says it is", async () => {
      const maxAge = 20;
      const first = await reportNow(fixture, { maxAge });
      const from = first.timestamp - maxAge;
      await send(await bring(fixture, first));
      await pass(terms.maxAgeSeconds);
      for (const stretch of [0, 1, maxAge, terms.maxAgeSeconds]) {
        const overlapping = { timestamp: from + stretch, maxAge: stretch };
        await expectRefused(send(await brought(overlapping)), codes.NOT_NEWER, `quotes of the same second, ${stretch} s later`);
        await expectRefused(send(await brought({ ...overlapping, timestamp: from + stretch - 1 })), codes.NOT_NEWER, "earlier ones");
      }
      await send(await brought({ timestamp: from + 1 + terms.maxAgeSeconds, maxAge: terms.maxAgeSeconds }));
      expect((await stored())[1]).to.equal(BigInt(from + 1));
      await send(await brought({ timestamp: from + 2, maxAge: 0 }));
      expect((await stored())[1]).to.equal(BigInt(from + 2));
    });

    it("takes newer quotes at the same block or an earlier one, so that nobody is held back by who was first", async () => {
      await mine(3);
      const first = await reportNow(fixture);
      await send(await bring(fixture, first));
      for (const blockNumber of [first.blockNumber, first.blockNumber - 2]) {
        await pass(1);
        await send(await brought({ blockNumber, timestamp: await seconds() }));
        expect((await stored())[2]).to.equal(BigInt(blockNumber));
      }
    });

    it("stores and takes for newer what TypeScript does", async () => {
      const vectors = JSON.parse(await readFile(new URL("../../vectors/price-seconds.json", import.meta.url), "utf8")) as {
        readonly before: number;
        readonly timestamp: number;
        readonly maxAge: number;
        readonly second: number;
        readonly newer: boolean;
      }[];
      const { networkHelpers } = fixture.connection;
      await fixture.prices.setTerms(ether, { ...terms, maxAgeSeconds: 65_535, maxDelaySeconds: 65_535 });
      for (const { before, timestamp, maxAge, second, newer } of vectors) {
        const clean = await networkHelpers.takeSnapshot();
        await networkHelpers.time.increaseTo(before);
        await send(await brought({ timestamp: before }));
        if ((await seconds()) < timestamp) await networkHelpers.time.increaseTo(timestamp);
        const sent = send(await brought({ timestamp, maxAge }));
        if (newer) await sent;
        else await expectRefused(sent, codes.NOT_NEWER);
        expect((await stored())[1]).to.equal(BigInt(newer ? second : before));
        await clean.restore();
      }
    });

    it("refuses a block that is not one of the last 300", async () => {
      const { provider } = fixture.connection.ethers;
      const next = (await provider.getBlockNumber()) + 1;
      const blockHash = id("no block");
      const timestamp = await seconds();
      for (const blockNumber of [next, next + 1, 2 ** 40 - 1]) {
        const report = { ...(await reportNow(fixture)), blockNumber, timestamp };
        await expectRefused(send(await bring(fixture, report, { blockHash })), codes.BLOCK_NOT_KNOWN, `block ${blockNumber}`);
      }
    });

    it("refuses a timestamp in the future, and one that is older than the asset's terms allow", async () => {
      const { time } = fixture.connection.networkHelpers;
      const timestamp = (await seconds()) + 10;
      const [ofEther, ofCoin] = [await brought({ timestamp }), await brought({ timestamp, assetId: coin })];
      const sendAt = async (second: number, what: Brought) => {
        await time.setNextBlockTimestamp(second);
        return send(what);
      };
      await expectRefused(sendAt(timestamp - 1, ofEther), codes.TIMESTAMP_IN_FUTURE);
      await sendAt(timestamp, ofEther);
      await expectRefused(sendAt(timestamp + terms.maxDelaySeconds + 1, ofCoin), codes.REPORT_TOO_OLD);
      await sendAt(timestamp + terms.maxDelaySeconds, ofCoin);
      expect((await stored(coin))[1]).to.equal(BigInt(timestamp));
    });

    it("refuses weaker terms than the asset's, each by its code", async () => {
      await expectRefused(send(await brought({ quorum: terms.quorum - 1 })), codes.QUORUM_NOT_REACHED);
      await expectRefused(send(await brought({ maxDeviationBps: terms.maxDeviationBps + 1 })), codes.DEVIATION_TOO_LARGE);
      await expectRefused(send(await brought({ maxAge: terms.maxAgeSeconds + 1 })), codes.QUOTE_TOO_OLD);
      await expectRefused(send(await brought({ price: 0n })), codes.PRICE_OUT_OF_RANGE);
    });

    it("refuses an asset without terms or sources, and a report with more bits than it has", async () => {
      await expectRefused(send(await brought({ assetId: 3n })), codes.TERMS_NOT_SET);
      await fixture.prices.setTerms(3n, terms);
      await expectRefused(send(await brought({ assetId: 3n })), codes.SOURCES_NOT_SET);
      const { proof, report } = await brought();
      await expectRefused(send({ proof, report: { ...report, packed: report.packed + (1n << 246n) } }), codes.REPORT_MALFORMED);
      await expectRefused(send({ proof, report: { ...report, packed: report.packed + SCALAR } }), codes.REPORT_MALFORMED);
    });

    it("refuses a proof whose inputs are not those of the report, each in turn", async () => {
      const made = await brought();
      const { proof, report } = made;
      const other = (changes: object): Brought => ({ proof, report: { ...report, ...changes } });
      await expectRefused(send(other({ packed: report.packed + (1n << 118n) })), codes.PROOF_INVALID, "price");
      await expectRefused(send(other({ nonce: 1n })), codes.PROOF_INVALID, "nonce");
      await expectRefused(send(await brought({}, { recipient: await fixture.stranger.getAddress() })), codes.PROOF_INVALID, "recipient");
      await expectRefused(send(await brought({}, { blockHash: id("another chain") })), codes.PROOF_INVALID, "block hash");
      await expectRefused(send({ proof: [...proof.slice(0, 7), (proof[7] ?? 0n) + BASE], report }), codes.PROOF_INVALID, "coordinate + p");
      await expectRefused(send({ proof: Array<bigint>(8).fill(0n), report }), codes.PROOF_INVALID, "zeros");
      await send(made);
    });

    it("refuses a proof by other sources, and a term that is not that of the asset's", async () => {
      const root = 99n; // the proof is true of these sources, and so is the term
      await expectRefused(send(await brought({}, { root })), codes.SOURCES_NOT_SET);
      const mine = await brought();
      const [x, y] = mine.report.sourcesTerm;
      for (const sourcesTerm of [
        [x, BASE - y],
        [0n, 0n],
        [y, x],
      ] as const) {
        await expectRefused(send({ ...mine, report: { ...mine.report, sourcesTerm } }), codes.SOURCES_NOT_SET);
      }
      await fixture.prices.removeSources(ether, fixture.circuitId);
      await expectRefused(send(mine), codes.SOURCES_NOT_SET);
    });

    it("takes blocks of ages 1, 255, 256, 257, 299 and 300, not of 301, with the history contract", async () => {
      const { networkHelpers, ethers } = fixture.connection;
      await mine(310);
      await networkHelpers.setCode(HISTORY, HISTORY_CODE);
      const ages = [301, 300, 299, 257, 256, 255, 1];
      for (const age of ages) {
        await networkHelpers.time.increase(1); // a block
        const blockNumber = (await ethers.provider.getBlockNumber()) + 1 - age;
        const block = await ethers.provider.getBlock(blockNumber);
        await networkHelpers.setStorageAt(HISTORY, toBeHex(blockNumber % 8191), block?.hash ?? "0x");
        const made = await brought({ blockNumber, timestamp: await seconds() });
        if (age > 300) await expectRefused(send(made), codes.BLOCK_NOT_KNOWN);
        else {
          await send(made);
          expect((await stored())[2], `age ${age}`).to.equal(BigInt(blockNumber));
        }
      }
    });

    it("refuses a block beyond 256 where the history contract is a stub, and takes the genesis block while it is one of the last", async () => {
      await send(await brought({ blockNumber: 0, timestamp: await seconds() }));
      await mine(310);
      const blockNumber = (await fixture.connection.ethers.provider.getBlockNumber()) + 1 - 257;
      await expectRefused(send(await brought({ blockNumber, timestamp: await seconds() })), codes.BLOCK_NOT_KNOWN);
    });
  });

  describe("the circuit", () => {
    const errorOf = (sent: Promise<unknown>, name: string) => expect(sent).to.be.revertedWithCustomError(fixture.prices, name);

    it("has to be known, active and not frozen", async () => {
      const { prices } = fixture;
      const unknown = id("no circuit");
      await errorOf(send(await brought({}, { circuitId: unknown })), "CircuitHasStatus").withArgs(unknown, 0);
      const second = await register(prices, fixture.verifier, "second");
      await prices.setSources(ether, second, roots[`${ether}`] ?? 0n);
      await errorOf(send(await brought({}, { circuitId: second })), "CircuitHasStatus").withArgs(second, 1);
      await prices.activate(second);
      await send(await brought({}, { circuitId: second }));
      await prices.freeze(second);
      await errorOf(send(await brought({}, { circuitId: second })), "CircuitHasStatus").withArgs(second, 4);
      await send(await brought()); // the first serves on
    });

    it("is another one if the proof is of another context", async () => {
      const second = await register(fixture.prices, fixture.verifier, "second");
      await fixture.prices.activate(second);
      const made = await brought();
      await expectRefused(send({ ...made, report: { ...made.report, circuitId: second } }), codes.SOURCES_NOT_SET);
      await fixture.prices.setSources(ether, second, roots[`${ether}`] ?? 0n);
      await expectRefused(send({ ...made, report: { ...made.report, circuitId: second } }), codes.PROOF_INVALID);
    });

    it("serves until the last second of its overlap", async () => {
      const { prices, circuitId } = fixture;
      await prices.deprecate(circuitId, 100);
      const until = (await seconds()) + 100;
      await fixture.connection.networkHelpers.time.increaseTo(until - 2);
      const made = await brought();
      await fixture.connection.networkHelpers.time.setNextBlockTimestamp(until + 1);
      await errorOf(send(made), "CircuitExpired").withArgs(circuitId, until);
      await fixture.connection.networkHelpers.time.setNextBlockTimestamp(until);
      await send(made);
    });

    it("has to have the code that was registered, for one proof and for a batch", async () => {
      const made = await brought();
      const address = await fixture.verifier.getAddress();
      for (const code of ["0x", "0x600160005260206000f3"]) {
        await fixture.connection.networkHelpers.setCode(address, code); // the latter answers true to everything
        await errorOf(send(made), "VerifierCodeChanged");
        await errorOf(sendMany(fixture.circuitId, [made]), "VerifierCodeChanged");
        await errorOf(fixture.prices.setSources(coin, fixture.circuitId, 1n), "VerifierCodeChanged");
      }
    });
  });

  describe("submitMany", () => {
    const batch = async (): Promise<Brought[]> => {
      const assets = Array.from({ length: 8 }, (_, at) => BigInt(at + 1));
      for (const asset of assets.slice(2)) {
        await fixture.prices.setTerms(asset, terms);
        await fixture.prices.setSources(asset, fixture.circuitId, asset);
      }
      const bound = (asset: bigint) => ({ root: roots[`${asset}`] ?? asset, nonce: asset });
      return Promise.all(assets.map((assetId) => brought({ assetId, price: assetId * 100n }, bound(assetId))));
    };

    it("stores all prices of a batch, in any order of its reports", async () => {
      const all = await batch();
      await sendMany(fixture.circuitId, all.toReversed());
      for (const asset of [1n, 2n, 8n]) expect((await stored(asset))[0]).to.equal(asset * 100n);
    });

    it("refuses all for one proof that is false, whichever it is", async () => {
      const all = await batch();
      for (const at of [0, 3, 7]) {
        const false_ = all.map((each, index) => (index === at ? { ...each, proof: (all[(at + 1) % 8] ?? each).proof } : each));
        await expectRefused(sendMany(fixture.circuitId, false_), codes.PROOF_INVALID, `proof ${at}`);
      }
      const [first, second, ...rest] = all;
      if (!first || !second) throw new Error("the batch is too small");
      const exchanged = [{ ...first, proof: second.proof }, { ...second, proof: first.proof }, ...rest];
      await expectRefused(sendMany(fixture.circuitId, exchanged), codes.PROOF_INVALID, "exchanged");
      const pair = [{ ...first, proof: [...first.proof.slice(0, 6), ...second.proof.slice(6)] }];
      pair.push({ ...second, proof: [...second.proof.slice(0, 6), ...first.proof.slice(6)] }); // the sum of C is as before
      await expectRefused(sendMany(fixture.circuitId, [...pair, ...rest]), codes.PROOF_INVALID, "C exchanged");
      expect(await stored()).to.deep.equal([0n, 0n, 0n]);
    });

    it("refuses all for one report that is refused, and stores none", async () => {
      const all = await batch();
      const [first, ...rest] = all;
      if (!first) throw new Error("the batch is empty");
      const other = { ...first, report: { ...first.report, packed: first.report.packed - (1n << 40n) } }; // a quorum of one less
      await expectRefused(sendMany(fixture.circuitId, [...rest, other]), codes.QUORUM_NOT_REACHED);
      await fixture.prices.removeSources(8n, fixture.circuitId);
      await expectRefused(sendMany(fixture.circuitId, all), codes.SOURCES_NOT_SET);
      expect(await stored(2n)).to.deep.equal([0n, 0n, 0n]);
    });

    it("passes over what is not newer, so that a batch outlives a part of it that was sent before", async () => {
      const all = await batch();
      const [first] = all;
      if (!first) throw new Error("the batch is empty");
      await send(first);
      const before = await stored();
      expect(
        await fixture.prices.submitMany.staticCall(
          fixture.circuitId,
          all.map((b) => [...b.proof]),
          all.map((b) => b.report),
        ),
      ).to.equal(7n);
      await sendMany(fixture.circuitId, all);
      expect(await stored()).to.deep.equal(before);
      expect((await stored(8n))[0]).to.equal(800n);
      await expect(sendMany(fixture.circuitId, all)).to.not.emit(fixture.prices, "PricePosted");
    });

    it("refuses no reports, and a number other than that of the proofs", async () => {
      const { prices, circuitId } = fixture;
      const one = await brought();
      const proof = [...one.proof] as never;
      for (const [proofs, reports] of [
        [[], []],
        [[proof], []],
        [[], [one.report]],
        [[proof, proof], [one.report]],
      ] as const) {
        await expect(prices.submitMany(circuitId, [...proofs], [...reports]))
          .to.be.revertedWithCustomError(prices, "BatchMalformed")
          .withArgs(proofs.length, reports.length);
      }
    });
  });

  describe("provenPrice", () => {
    const ask = (assetId: bigint, recipient: string, { proof, report }: Brought) =>
      fixture.prices.provenPrice(assetId, recipient, [...proof] as never, report as never);

    /** A call runs at the height of the latest block, whose hash the chain does not give there. */
    const beforeLatest = async () => (await fixture.connection.ethers.provider.getBlockNumber()) - 1;

    it("is the recipient's alone and stores nothing", async () => {
      const recipient = await fixture.stranger.getAddress();
      const report = await reportNow(fixture, { blockNumber: await beforeLatest() });
      const made = await bring(fixture, report, { recipient });
      expect([...(await ask(ether, recipient, made))]).to.deep.equal([report.price, BigInt(report.timestamp)]);
      expect(await stored()).to.deep.equal([0n, 0n, 0n]);
      await expectRefused(ask(ether, await fixture.admin.getAddress(), made), codes.PROOF_INVALID);
      await expectRefused(ask(ether, ZeroAddress, made), codes.PROOF_INVALID);
      await expectRefused(ask(coin, recipient, made), codes.OTHER_ASSET);
      await expectRefused(
        ask(ether, recipient, await brought({ blockNumber: await beforeLatest(), quorum: 1 }, { recipient })),
        codes.QUORUM_NOT_REACHED,
      );
    });

    it("is the posted price where that is as new, and then asks for no proof", async () => {
      const recipient = await fixture.stranger.getAddress();
      const own = await brought({ price: 1n }, { recipient });
      const posted = await reportNow(fixture);
      await send(await bring(fixture, posted));
      for (const proof of [own.proof, Array<bigint>(8).fill(0n)]) {
        expect([...(await ask(ether, recipient, { ...own, proof }))]).to.deep.equal([posted.price, BigInt(posted.timestamp)]);
      }
    });
  });

  it("computes the same context as TypeScript", async () => {
    const { chainId } = await fixture.connection.ethers.provider.getNetwork();
    const contract = await fixture.prices.getAddress();
    for (const recipient of [undefined, await fixture.stranger.getAddress()]) {
      for (const nonce of [0n, 1n, 2n ** 256n - 1n]) {
        const circuitId = id(String(nonce));
        const ours = proofContext({ chainId, contract, nonce, circuitId, ...(recipient === undefined ? {} : { recipient }) });
        expect(await fixture.prices.contextOf(recipient ?? ZeroAddress, nonce, circuitId)).to.equal(ours);
      }
    }
  });
});
