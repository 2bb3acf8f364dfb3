import { inspect } from "node:util";
import { expect } from "chai";
import { computeAddress, hexlify, N, recoverAddress, SigningKey } from "ethers";
import fc from "fast-check";
import { Secret } from "../../../src/secret.ts";
import {
  InvalidDigest,
  InvalidPrivateKey,
  InvalidSignature,
  nativeSigner,
  recover,
  recoverVoucher,
  signVoucher,
  toHex,
  type LocalSigner,
} from "../../../src/voucher/index.ts";
import { digests, domains, redemptions } from "./arbitraries.ts";

const keys = fc.bigInt({ min: 1n, max: N - 1n }).map((key) => "0x" + key.toString(16).padStart(64, "0"));
const KEY = "0x" + "5a".repeat(32);

for (const backend of ["libsecp256k1", "ethers"] as const) {
  describe(`the signer on ${backend}`, () => {
    const open = (key: string): LocalSigner => nativeSigner(new Secret(key), { backend });

    it("says which backend it is", () => {
      expect(open(KEY).backend).to.equal(backend);
    });

    it("signs as ethers does, byte for byte, and has its address", () => {
      fc.assert(
        fc.property(keys, digests, (key, digest) => {
          const signer = open(key);
          expect(signer.address).to.equal(computeAddress(key));
          expect(toHex(signer.sign(digest))).to.equal(new SigningKey(key).sign(digest).serialized);
        }),
        { numRuns: 40 },
      );
    });

    it("makes 65 bytes that recover to its address", () => {
      fc.assert(
        fc.property(digests, (digest) => {
          const signature = open(KEY).sign(digest);
          expect(signature).to.have.length(65);
          expect(recover(digest, signature)).to.equal(open(KEY).address);
          expect(recoverAddress(digest, toHex(signature))).to.equal(open(KEY).address);
        }),
        { numRuns: 40 },
      );
    });

    it("takes keys with and without 0x and as bytes", () => {
      const { address } = open(KEY);
      expect(open(KEY.slice(2)).address).to.equal(address);
      expect(nativeSigner(new Secret(Buffer.from(KEY.slice(2), "hex")), { backend }).address).to.equal(address);
    });

    it("refuses keys that are none, without showing them", () => {
      const outside = ["0".repeat(64), N.toString(16), "f".repeat(64)];
      const misshapen = ["", "0x", "5a".repeat(31), "5a".repeat(33), "x" + "5".repeat(63)];
      for (const bad of [...outside, ...misshapen]) {
        const error = thrownBy(() => open(bad));
        expect(error).to.be.instanceOf(InvalidPrivateKey);
        if (bad.length > 2) expect(inspect(error)).not.to.contain(bad);
      }
      expect(() => nativeSigner(new Secret(new Uint8Array(31)), { backend })).to.throw(InvalidPrivateKey);
    });

    it("refuses to sign anything but 32 bytes", () => {
      for (const length of [0, 31, 33]) expect(() => open(KEY).sign(new Uint8Array(length))).to.throw(InvalidDigest, String(length));
    });

    it("never shows its key", () => {
      const shown = inspect(open(KEY), { depth: 9, showHidden: true }) + JSON.stringify(open(KEY));
      expect(shown).not.to.contain("5a5a5a");
    });
  });
}

describe("recover", () => {
  const signer = nativeSigner(new Secret(KEY));
  const digest = Buffer.alloc(32, 7);
  const signature = signer.sign(digest);

  it("agrees with ethers on random signatures of random digests", () => {
    fc.assert(
      fc.property(keys, digests, (key, any) => {
        expect(recover(any, nativeSigner(new Secret(key)).sign(any))).to.equal(computeAddress(key));
      }),
      { numRuns: 50 },
    );
  });

  it("gives another address when any bit of the digest is flipped", () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 255 }), (bit) => {
        const flipped = Buffer.from(digest);
        flipped[bit >> 3] = (flipped[bit >> 3] ?? 0) ^ (1 << (bit & 7));
        expect(recover(flipped, signature)).not.to.equal(signer.address);
      }),
    );
  });

  it("refuses the high-s twin of every signature", () => {
    fc.assert(
      fc.property(digests, (any) => {
        const good = signer.sign(any);
        const s = N - BigInt(hexlify(good.subarray(32, 64)));
        const twin = Buffer.concat([
          good.subarray(0, 32),
          Buffer.from(s.toString(16).padStart(64, "0"), "hex"),
          Buffer.of(55 - (good[64] ?? 0)),
        ]);
        expect(() => recover(any, twin)).to.throw(InvalidSignature, "upper half");
      }),
      { numRuns: 30 },
    );
  });

  it("accepts s at exactly half the order and refuses the next one", () => {
    const withS = (s: bigint) =>
      Buffer.concat([signature.subarray(0, 32), Buffer.from(s.toString(16).padStart(64, "0"), "hex"), Buffer.of(27)]);
    expect(recover(digest, withS(N / 2n))).to.match(/^0x/);
    expect(() => recover(digest, withS(N / 2n + 1n))).to.throw(InvalidSignature, "upper half");
  });

  it("refuses wrong lengths, wrong v and points that do not exist", () => {
    expect(() => recover(digest, signature.subarray(0, 64))).to.throw(InvalidSignature, "64 given");
    expect(() => recover(digest, Buffer.concat([signature, Buffer.of(0)]))).to.throw(InvalidSignature, "66 given");
    expect(() => recover(digest.subarray(1), signature)).to.throw(InvalidDigest);
    for (const v of [0, 1, 26, 29]) {
      expect(() => recover(digest, Buffer.concat([signature.subarray(0, 64), Buffer.of(v)]))).to.throw(InvalidSignature, `v is ${v}`);
    }
    const zeroR = Buffer.concat([Buffer.alloc(32), signature.subarray(32)]);
    const zeroS = Buffer.concat([signature.subarray(0, 32), Buffer.alloc(32), Buffer.of(27)]);
    for (const bad of [zeroR, zeroS]) expect(() => recover(digest, bad)).to.throw(InvalidSignature, "no key");
  });
});

describe("signVoucher", () => {
  it("makes vouchers that recover to the signer, and to nobody else once altered", async () => {
    const signer = nativeSigner(new Secret(KEY));
    await fc.assert(
      fc.asyncProperty(domains, redemptions, async (domain, redemption) => {
        const signed = await signVoucher(signer, domain, redemption);
        expect(recoverVoucher(signed)).to.equal(signer.address);
        const altered = { ...signed, redemption: { ...redemption, quantity: redemption.quantity === 1 ? 2 : redemption.quantity - 1 } };
        expect(recoverVoucher(altered)).not.to.equal(signer.address);
      }),
      { numRuns: 50 },
    );
  });
});

function thrownBy(act: () => unknown): unknown {
  try {
    act();
  } catch (error) {
    return error;
  }
  throw new Error("nothing was thrown");
}
