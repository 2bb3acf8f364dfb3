import { expect } from "chai";
import fc from "fast-check";
import { InFlightWindow } from "../../../../src/chain/lane/window.ts";

describe("The in-flight window", () => {
  it("begins at 16 or at what is allowed, whichever is less", () => {
    expect(new InFlightWindow(64).limit).to.equal(16);
    expect(new InFlightWindow(5).limit).to.equal(5);
  });

  it("takes many signs of trouble under one head for one trouble", () => {
    const window = new InFlightWindow(64);
    for (let i = 0; i < 10; i++) window.shrink(7);
    expect(window.limit).to.equal(8);
    window.shrink(8);
    expect(window.limit).to.equal(4);
  });

  it("grows by one and halves, and stays between 1 and what is allowed", () => {
    const steps = fc.array(fc.option(fc.nat(5), { nil: undefined }), { maxLength: 200 });
    const property = fc.property(fc.integer({ min: 1, max: 100 }), steps, (most, heads) => {
      const window = new InFlightWindow(most);
      let shrankAt = -1;
      for (const head of heads) {
        const before = window.limit;
        if (head === undefined) {
          window.grow();
          expect(window.limit).to.equal(Math.min(most, before + 1));
        } else {
          window.shrink(head);
          expect(window.limit).to.equal(head === shrankAt ? before : Math.max(1, Math.floor(before / 2)));
          shrankAt = head;
        }
      }
    });
    fc.assert(property);
  });
});
