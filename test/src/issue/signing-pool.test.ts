import { expect } from "chai";
import fc from "fast-check";
import { readFileSync } from "node:fs";
import { inspect } from "node:util";
import { inline, SigningPool } from "../../../src/issue/index.ts";
import { pack, unpack } from "../../../src/issue/packed.ts";
import { Secret } from "../../../src/secret.ts";
import { nativeSigner, type Redemption, signVoucher, type VoucherDomain } from "../../../src/voucher/index.ts";
import { failure } from "../store/expectations.ts";
import { domains, redemptions } from "../voucher/arbitraries.ts";

const key = new Secret(`0x${"5a".repeat(32)}`);
const domain = { chainId: 31_337, verifyingContract: "0x55AC5436e68305A0C54297642163A8FdF23BbA0a" };
const program = (name: string) => new URL(`./${name}.ts`, import.meta.url);

const many = (count: number, first = 0): Redemption[] =>
  Array.from({ length: count }, (_, i) => ({
    to: "0x06F5a60442F3A7919f3F035833a539b57393a652",
    quantity: 1 + (i % 3),
    txCount: BigInt(first + i),
    alignedSecond: 1_750_000_000,
    orderId: `0x${(first + i).toString(16).padStart(64, "0")}`,
    uriDigest: `0x${"22".repeat(32)}`,
  }));

/** One by one, as it is done for a single voucher. */
async function oneByOne(of: VoucherDomain, all: readonly Redemption[], secret = key): Promise<string[]> {
  const signer = nativeSigner(secret);
  return Promise.all(all.map(async (each) => (await signVoucher(signer, of, each)).signature));
}

async function withPool<T>(
  options: Partial<ConstructorParameters<typeof SigningPool>[0]>,
  use: (pool: SigningPool) => Promise<T>,
): Promise<T> {
  const pool = new SigningPool({ key, threads: 2, ...options });
  try {
    return await use(pool);
  } finally {
    await pool.close();
  }
}

describe("The signing pool", function () {
  this.timeout(90_000);

  it("gives the same bytes as signVoucher, for whatever it is given, in the order given", () =>
    withPool({}, async (pool) => {
      await fc.assert(
        fc.asyncProperty(domains, fc.array(redemptions, { minLength: 1, maxLength: 200, size: "max" }), async (of, all) => {
          expect(await pool.sign(of, all)).to.deep.equal(await oneByOne(of, all));
        }),
        { numRuns: 30 },
      );
    }));

  it("gives its threads the key and not a byte of whatever lies beside it in memory", () =>
    withPool({ program: program("telling-thread"), threads: 1 }, async (pool) => {
      const told = await pool.sign(domain, many(100));
      for (const each of told) expect(parseInt(each.slice(2, 10), 16)).to.equal(32);
    }));

  it("and signing in the calling thread give the signatures of test/vectors/vouchers.json", async () => {
    const { signer, vouchers } = JSON.parse(readFileSync(new URL("../../vectors/vouchers.json", import.meta.url), "utf8")) as {
      signer: { privateKey: string; address: string };
      vouchers: { domain: VoucherDomain; redemption: Omit<Redemption, "txCount"> & { txCount: string }; signature: string }[];
    };
    const secret = new Secret(signer.privateKey);
    const here = inline(nativeSigner(secret));
    await withPool({ key: secret }, async (pool) => {
      expect(pool.address).to.equal(signer.address);
      for (const [of, group] of Map.groupBy(vouchers, (each) => each.domain)) {
        const all = group.map(({ redemption }) => ({ ...redemption, txCount: BigInt(redemption.txCount) }));
        const padded = [...all, ...many(64)]; // enough of them for the threads
        expect((await pool.sign(of, padded)).slice(0, all.length)).to.deep.equal(group.map(({ signature }) => signature));
        expect(await here.sign(of, all)).to.deep.equal(group.map(({ signature }) => signature));
      }
    });
  });

  it("signs everything, once each, although its threads die again and again", () =>
    withPool({ program: program("mortal-thread") }, async (pool) => {
      const all = many(2_000);
      const halves = await Promise.all([pool.sign(domain, all.slice(0, 1_000)), pool.sign(domain, all.slice(1_000))]);
      expect(halves.flat()).to.deep.equal(await oneByOne(domain, all));
    }));

  it("gives up work over which three threads died, and says why", async () => {
    const error = await withPool({ program: program("doomed-thread") }, (pool) => failure("SIGNING_FAILED", pool.sign(domain, many(100))));
    expect(String(error.cause)).to.contain("no memory for this");
  });

  it("takes more work than may wait in it from many callers at once", () =>
    withPool({ threads: 1 }, async (pool) => {
      const calls = Array.from({ length: 12 }, (_, i) => many(300, i * 300));
      const signed = await Promise.all(calls.map((all) => pool.sign(domain, all)));
      expect(signed.flat()).to.deep.equal(await oneByOne(domain, calls.flat()));
    }));

  it("finishes what is under way when it is closed, and takes nothing after it", async () => {
    const pool = new SigningPool({ key, threads: 2 });
    const under = pool.sign(domain, many(700));
    const closed = Promise.all([pool.close(), pool.close()]);
    await failure("SIGNING_POOL_CLOSED", pool.sign(domain, many(1)));
    await closed;
    expect(await under).to.have.lengthOf(700);
  });

  it("refuses what no contract would take before a thread sees it, and a key that is none", () =>
    withPool({}, async (pool) => {
      const bad = many(100).map((each, i) => (i === 77 ? { ...each, quantity: 0 } : each));
      await failure("INVALID_REDEMPTION", pool.sign(domain, bad));
      expect(() => new SigningPool({ key: new Secret("0x12") }))
        .to.throw()
        .with.property("code", "INVALID_PRIVATE_KEY");
    }));

  it("shows its key to nobody, neither itself nor in its errors", async () => {
    const hex = key.reveal().slice(2);
    const pool = new SigningPool({ key, threads: 1, program: program("doomed-thread") });
    const error = await failure("SIGNING_FAILED", pool.sign(domain, many(100)));
    for (const shown of [inspect(pool, { depth: 9, showHidden: true }), inspect(error, { depth: 9 }), JSON.stringify(pool)]) {
      expect(shown).to.not.contain(hex);
      expect(shown).to.not.contain("5a 5a 5a 5a");
    }
    await pool.close();
  });

  it("packs redemptions without losing anything of them but the case of addresses", () => {
    fc.assert(
      fc.property(fc.array(redemptions, { maxLength: 20 }), (all) => {
        expect(unpack(pack(all))).to.deep.equal(all.map((each) => ({ ...each, to: each.to.toLowerCase() })));
      }),
    );
  });
});
