import { expect } from "chai";
import { type PriceTerms, TermsHeld, termsToSet, usualTerms } from "../../scripts/circuits/terms.ts";
import { majorityOf, QuorumDoesNotFit } from "../../src/price/index.ts";

const none: PriceTerms = { quorum: 0, maxDeviationBps: 0, maxAgeSeconds: 0, maxDelaySeconds: 0 };
const assetId = 1n;

describe("Terms of an asset", () => {
  it("are set where there are none: the usual quorum, and what was asked for", () => {
    expect(termsToSet(none, { assetId, size: 7, asked: {} })).to.deep.equal(usualTerms(7));
    expect(usualTerms(7)).to.deep.equal({ quorum: 5, maxDeviationBps: 50, maxAgeSeconds: 60, maxDelaySeconds: 60 });
    expect([3, 7, 14, 21].map((size) => usualTerms(size).quorum)).to.deep.equal([2, 5, 10, 14]);
    const asked = { quorum: 6, maxAgeSeconds: 5 };
    expect(termsToSet(none, { assetId, size: 7, asked })).to.deep.equal({ ...usualTerms(7), ...asked });
  });

  it("are left alone where they fit, and nothing else is asked for", () => {
    const held = { ...usualTerms(7), maxDeviationBps: 30 };
    expect(termsToSet(held, { assetId, size: 7, asked: {} })).to.equal(undefined);
    expect(termsToSet(held, { assetId, size: 7, asked: { maxDeviationBps: 30, quorum: 5 } })).to.equal(undefined);
    for (const name of Object.keys(held) as (keyof PriceTerms)[]) {
      const ask = () => termsToSet(held, { assetId, size: 7, asked: { [name]: held[name] + 1 } });
      expect(ask, name).to.throw(TermsHeld, `${held[name]}, not ${held[name] + 1}`);
    }
  });

  it("fit a circuit by a quorum above half of its sources and not above all, whatever the size", () => {
    for (const size of [1, 2, 3, 7, 14, 21]) {
      for (let quorum = 1; quorum <= size + 1; quorum++) {
        const set = () => termsToSet({ ...usualTerms(size), quorum }, { assetId, size, asked: {} });
        const setFirst = () => termsToSet(none, { assetId, size, asked: { quorum } });
        if (2 * quorum > size && quorum <= size) expect([set(), setFirst()?.quorum]).to.deep.equal([undefined, quorum]);
        else for (const refused of [set, setFirst]) expect(refused, `${quorum} of ${size}`).to.throw(QuorumDoesNotFit);
      }
      expect(2 * majorityOf(size)).to.be.within(size + 1, size + 2);
    }
  });
});
