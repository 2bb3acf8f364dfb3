// Who may change what proven prices are held to, and what that does to what is stored.
import { expect } from "chai";
import { id } from "ethers";
import { network } from "hardhat";
import { type Report, refusals } from "../../../src/price/index.ts";
import { bring, type Brought, coin, deployPrices, ether, type Prices, reportNow, terms } from "./prices-fixture.ts";
import { SCALAR } from "./proofs.ts";

describe("proven prices under governance", function () {
  this.timeout(600_000);
  let fixture: Prices;

  beforeEach(async () => {
    fixture = await deployPrices(await network.create());
  });

  const send = ({ proof, report }: Brought) => fixture.prices.connect(fixture.stranger).submit([...proof] as never, report as never);
  const brought = async (changes: Partial<Report> = {}) => bring(fixture, await reportNow(fixture, changes));
  const stored = async (assetId = ether) => [...(await fixture.prices.latestPrice(assetId))];

  async function expectRefused(sent: Promise<unknown>, code: number): Promise<void> {
    await expect(sent).to.be.revertedWithCustomError(fixture.prices, "PriceProofRejected").withArgs(code);
  }

  it("alone sets terms and sources, and says so", async () => {
    const { prices, stranger, circuitId } = fixture;
    const theirs = prices.connect(stranger);
    const calls = [
      theirs.setTerms(ether, terms),
      theirs.setSources(ether, circuitId, 1n),
      theirs.removeSources(ether, circuitId),
      theirs.dropPrice(ether),
    ];
    for (const call of calls) await expect(call).to.be.revertedWithCustomError(prices, "AccessManagedUnauthorized");
    const wider = { quorum: 255, maxDeviationBps: 16_383, maxAgeSeconds: 65_535, maxDelaySeconds: 65_535 };
    await send(await brought());
    const before = await stored();
    await expect(prices.setTerms(ether, wider)).to.emit(prices, "TermsSet").withArgs(ether, Object.values(wider));
    expect([...(await prices.termsOf(ether))]).to.deep.equal(Object.values(wider).map(BigInt));
    expect(await stored(), "the price stays").to.deep.equal(before);
    await expect(prices.setSources(ether, circuitId, 5n))
      .to.emit(prices, "SourcesSet")
      .withArgs(ether, circuitId, 5n);
    expect(await prices.sourcesRoot(ether, circuitId)).to.equal(5n);
    expect(await prices.sourcesTerm(ether, circuitId)).to.deep.equal(await fixture.verifier.getFunction("sourcesTerm").staticCall(5n));
    await expect(prices.removeSources(ether, circuitId))
      .to.emit(prices, "SourcesSet")
      .withArgs(ether, circuitId, 0n)
      .and.to.emit(prices, "PriceDropped")
      .withArgs(ether, before[0], before[1]);
    expect(await stored(), "the price goes with its sources").to.deep.equal([0n, ...before.slice(1)]);
    await expectRefused(prices.sourcesTerm(ether, circuitId), 0x26);
  });

  it("drops a price, which only newer quotes replace", async () => {
    const { prices } = fixture;
    await expect(prices.dropPrice(ether), "there is none").to.not.emit(prices, "PriceDropped");
    const posted = await reportNow(fixture);
    await send(await bring(fixture, posted));
    await send(await brought({ assetId: coin }));
    await expect(prices.dropPrice(ether)).to.emit(prices, "PriceDropped").withArgs(ether, posted.price, posted.timestamp);
    expect(await stored()).to.deep.equal([0n, BigInt(posted.timestamp), BigInt(posted.blockNumber)]);
    expect((await stored(coin))[0], "another asset's stays").to.equal(posted.price);
    expect([...(await prices.termsOf(ether))], "and so do the terms").to.deep.equal(Object.values(terms).map(BigInt));
    await expectRefused(send(await brought({ timestamp: posted.timestamp, price: 5n })), refusals.NOT_NEWER);
    await send(await brought({ timestamp: posted.timestamp + 1, price: 6n }));
    expect((await stored()).slice(0, 2)).to.deep.equal([6n, BigInt(posted.timestamp + 1)]);
  });

  it("may be given to roles, function by function", async () => {
    const { prices, manager, stranger, circuitId } = fixture;
    await manager.grantRole(1n, stranger, 0);
    await manager.setTargetFunctionRole(prices, [prices.interface.getFunction("removeSources").selector], 1n);
    await prices.connect(stranger).removeSources(ether, circuitId);
    await expect(prices.connect(stranger).setTerms(ether, terms)).to.be.revertedWithCustomError(prices, "AccessManagedUnauthorized");
  });

  it("cannot set terms that bind nothing, nor sources that are none", async () => {
    const { prices, circuitId } = fixture;
    for (const wrong of [{ quorum: 0 }, { maxDeviationBps: 0 }, { maxDeviationBps: 16_384 }, { maxDelaySeconds: 0 }]) {
      await expect(prices.setTerms(ether, { ...terms, ...wrong })).to.be.revertedWithCustomError(prices, "TermsOutOfRange");
    }
    for (const root of [0n, SCALAR]) {
      await expect(prices.setSources(ether, circuitId, root))
        .to.be.revertedWithCustomError(prices, "SourcesRootOutOfRange")
        .withArgs(root);
    }
    const unknown = id("no circuit");
    await expect(prices.setSources(ether, unknown, 1n))
      .to.be.revertedWithCustomError(prices, "CircuitHasStatus")
      .withArgs(unknown, 0);
  });
});
