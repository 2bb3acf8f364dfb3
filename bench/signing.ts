/**
 * How fast are vouchers hashed and signed, next to ethers? Run: `node bench/signing.ts [--json]`.
 *
 * Alternates ours and theirs in one process, seven rounds of each; prints the median and the spread over the rounds.
 */
import { readFileSync } from "node:fs";
import { cpus } from "node:os";
import { keccak256 as keccakByEthers, SigningKey, solidityPackedKeccak256, version as ethersVersion, Wallet } from "ethers";
import { keccak256 } from "../src/keccak/index.ts";
import { Secret } from "../src/secret.ts";
import { batchDigest, encodeRedeemBatch, nativeSigner, recover, signVoucher, toHex, voucherDigest } from "../src/voucher/index.ts";
import { minterAbi, type Redemption } from "../src/voucher/index.ts";
import { batchTypes, types } from "../test/src/voucher/reference.ts";

const ROUNDS = 7;
const ROUND_MS = 250;
const KEY = "0x" + "5a".repeat(32);

interface Contest {
  readonly question: string;
  readonly ours: () => unknown;
  readonly theirs: () => unknown;
}

const domain = { chainId: 31337, verifyingContract: "0x55AC5436e68305A0C54297642163A8FdF23BbA0a" };
const ethersDomain = { name: "mintd", version: "1", ...domain };

let number = 0n;
/** A fresh redemption each time, so that nobody profits from a cache. */
function next(): Redemption {
  number += 1n;
  return {
    to: "0x06F5a60442F3A7919f3F035833a539b57393a652",
    quantity: 1,
    txCount: number,
    alignedSecond: 1_750_000_000,
    orderId: "0x" + number.toString(16).padStart(64, "0"),
    uriDigest: "0x" + "22".repeat(32),
  };
}

const many = () => Array.from({ length: 100 }, next);

function typed({ to, quantity, txCount, alignedSecond, orderId, uriDigest }: Redemption) {
  return { to, quantity, hybridNonce: solidityPackedKeccak256(["uint256", "uint64"], [txCount, alignedSecond]), orderId, uriDigest };
}

async function contests(): Promise<Contest[]> {
  const { Interface, TypedDataEncoder } = await import("ethers");
  const minter = new Interface(minterAbi);
  const signer = nativeSigner(new Secret(KEY), { backend: "libsecp256k1" });
  const signing = new SigningKey(KEY);
  const wallet = new Wallet(KEY);
  const digest = Buffer.alloc(32, 7);
  const signature = signer.sign(digest);
  const words = new Uint8Array(192).fill(7);
  return [
    { question: "keccak256 of 192 bytes", ours: () => keccak256(words), theirs: () => keccakByEthers(words) },
    { question: "sign a digest", ours: () => signer.sign(digest), theirs: () => signing.sign(digest) },
    {
      question: "recover a signature",
      ours: () => recover(digest, signature),
      theirs: () => SigningKey.recoverPublicKey(digest, toHex(signature)),
    },
    {
      question: "digest of a voucher",
      ours: () => voucherDigest(domain, next()),
      theirs: () => TypedDataEncoder.hash(ethersDomain, types, typed(next())),
    },
    {
      question: "a whole signed voucher",
      ours: () => signVoucher(signer, domain, next()),
      theirs: () => wallet.signTypedData(ethersDomain, types, typed(next())),
    },
    {
      question: "a whole batch of 100: digest, signature, calldata",
      ours: () => {
        const batch = many();
        return encodeRedeemBatch(batch, toHex(signer.sign(batchDigest(domain, batch))), true);
      },
      theirs: () => {
        const batch = many();
        const signed = signing.sign(TypedDataEncoder.hash(ethersDomain, batchTypes, { vouchers: batch.map(typed) })).serialized;
        return minter.encodeFunctionData("redeemBatch", [batch, signed, true]);
      },
    },
  ];
}

/** Operations a second over one round. */
async function rate(run: () => unknown): Promise<number> {
  const start = performance.now();
  let count = 0;
  for (; performance.now() - start < ROUND_MS; count++) await run();
  return (count * 1000) / (performance.now() - start);
}

interface Summary {
  readonly median: number;
  readonly min: number;
  readonly max: number;
}

function summary(rates: number[]): Summary {
  const sorted = rates.toSorted((a, b) => a - b);
  return { median: sorted[ROUNDS >> 1] ?? 0, min: sorted[0] ?? 0, max: sorted.at(-1) ?? 0 };
}

async function hold({ question, ours, theirs }: Contest) {
  const rates: [number[], number[]] = [[], []];
  await rate(ours); // warm both up first
  await rate(theirs);
  for (let round = 0; round < ROUNDS; round++) {
    rates[0].push(await rate(ours));
    rates[1].push(await rate(theirs));
  }
  const [mintd, ethers] = [summary(rates[0]), summary(rates[1])];
  return { question, unit: "operations/s", mintd, ethers, ratio: mintd.median / ethers.median };
}

function libraryVersion(): string {
  const manifest = readFileSync(new URL("../node_modules/secp256k1/package.json", import.meta.url), "utf8");
  return (JSON.parse(manifest) as { version: string }).version;
}

const whole = (value: number) => Math.round(value).toLocaleString("en");
const shown = ({ median, min, max }: Summary) => `${whole(median)}/s (${whole(min)}..${whole(max)})`.padEnd(34);

const environment = { node: process.version, ethers: ethersVersion, secp256k1: libraryVersion(), cores: cpus().length, rounds: ROUNDS };
const results = [];
for (const contest of await contests()) results.push(await hold(contest));

if (process.argv.includes("--json")) {
  console.log(JSON.stringify({ environment, results }, undefined, 2));
} else {
  console.log(
    Object.entries(environment)
      .map(([key, value]) => `${key} ${String(value)}`)
      .join(", "),
  );
  for (const { question, mintd, ethers, ratio } of results) {
    console.log(`${question.padEnd(52)} mintd ${shown(mintd)} ethers ${shown(ethers)} x${ratio.toFixed(1)}`);
  }
}
