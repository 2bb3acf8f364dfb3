import { expect } from "chai";
import fc from "fast-check";
import { rendezvous } from "../../../../src/chain/dispatch/rendezvous.ts";

const address = fc.stringMatching(/^[0-9a-fA-F]{40}$/);
const lanes = fc.uniqueArray(address, { minLength: 1, maxLength: 12, selector: (each) => each.toLowerCase() });
const user = fc.tuple(fc.stringMatching(/^[a-z]{1,8}$/), address).map(([tenant, to]) => `${tenant}/0x${to.toLowerCase()}`);
const of = (n: number): string => `default/0x${n.toString(16).padStart(40, "0")}`;

describe("Rendezvous hashing", () => {
  it("ranks every lane once, and not by the order in which they are given", () => {
    fc.assert(
      fc.property(user, lanes, fc.array(fc.nat(), { minLength: 12, maxLength: 12 }), (who, among, keys) => {
        const ranked = rendezvous(who, among);
        expect([...ranked].sort()).to.deep.equal([...among].sort());
        const shuffled = among
          .map((lane, i) => ({ lane, key: keys[i] ?? 0 }))
          .sort((a, b) => a.key - b.key)
          .map(({ lane }) => lane);
        expect(rendezvous(who, shuffled)).to.deep.equal(ranked);
      }),
    );
  });

  it("moves only the users of the lane that goes, to the lane that they like second best", () => {
    fc.assert(
      fc.property(user, lanes, fc.nat(), (who, among, n) => {
        const gone = among[n % among.length];
        const before = rendezvous(who, among);
        const after = rendezvous(
          who,
          among.filter((lane) => lane !== gone),
        );
        expect(after).to.deep.equal(before.filter((lane) => lane !== gone));
      }),
    );
  });

  it("takes a lane's address for the same however it is spelled", () => {
    const checksummed = ["0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC", "0x90F79bf6EB2c4f870365E785982E1f101E93b906"];
    for (let n = 0; n < 50; n++) {
      const lower = rendezvous(
        of(n),
        checksummed.map((lane) => lane.toLowerCase()),
      );
      expect(rendezvous(of(n), checksummed).map((lane) => lane.toLowerCase())).to.deep.equal(lower);
    }
  });

  it("spreads users evenly, and those of a lane that goes evenly over the others", () => {
    const among = Array.from({ length: 8 }, (_, i) => `0x${(i + 1).toString(16).repeat(40)}`);
    const homes = Map.groupBy(
      Array.from({ length: 8_000 }, (_, n) => n),
      (n) => rendezvous(of(n), among)[0] ?? "",
    );
    // The users are always the same ones, so the counts are too; a fair draw stays within these bounds by ten sigmas.
    for (const lane of among) expect(homes.get(lane)?.length).to.be.within(700, 1_300);
    const [gone = "", ...left] = among;
    const moved = Map.groupBy(homes.get(gone) ?? [], (n) => rendezvous(of(n), left)[0] ?? "");
    for (const lane of left) expect(moved.get(lane)?.length).to.be.within(50, 260);
  });
});
