/**
 * How many mints a second reach the chain through the whole pipeline (accepted, recorded, batched, signed, sent,
 * confirmed), beside redeemBatch transactions that were signed beforehand and are only thrown at the same node?
 *
 *   node bench/pipeline.ts [--json] [--rounds 5] [--mints 10000] [--block-gas 60000000]
 *
 * One anvil with blocks of 1 s and as much gas as mainnet's; with `--block-gas 2000000000` the node's processor is the only
 * limit. Both sides mint to fresh owners, four tokens an owner, in
 * batches of 200. The clock runs from the first send (pipeline: from the first row taken in) until the last mint was seen
 * in a block. Rounds alternate; after the pipeline's 32 blocks are mined at once, so
 * that nothing of it is under way when the other side begins.
 */
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { type BenchChain, benchChain, keys } from "./bench-chain.ts";
import { median, spread } from "./statistics.ts";
import { batchGas, mintGasOf, type Rpc } from "../src/chain/index.ts";
import { signTransaction } from "../src/chain/lane/transaction.ts";
import { systemClock } from "../src/clock.ts";
import { loadConfig } from "../src/config/index.ts";
import { mintList, type MintRow } from "../src/list/index.ts";
import { openMintd } from "../src/mintd.ts";
import {
  batchDigest,
  encodeRedeemBatch,
  MINTED_TOPIC,
  nativeSigner,
  orderIdOf,
  type Redemption,
  toHex,
  uriDigestOf,
} from "../src/voucher/index.ts";
import { checksumAddress } from "../src/address.ts";
import { keccak256OfText } from "../src/keccak/index.ts";

const { values } = parseArgs({
  options: {
    json: { type: "boolean", default: false },
    rounds: { type: "string", default: "5" },
    mints: { type: "string", default: "10000" },
    "block-gas": { type: "string", default: "60000000" },
  },
});
const rounds = Number(values.rounds);
const mints = Number(values.mints);
const batch = 200;

/** Four tokens to an owner that no other round knows. */
const owner = (round: string, i: number): string => checksumAddress(keccak256OfText(`${round}/${Math.floor(i / 4)}`).subarray(12));

interface Presigned {
  readonly raw: string;
  readonly hash: string;
}

async function presign({ chain, deployment }: BenchChain, round: number): Promise<Presigned[]> {
  const domain = { chainId: deployment.chainId, verifyingContract: deployment.contracts.VoucherMinter.address };
  const lane = nativeSigner(keys.raw);
  const signer = nativeSigner(keys.voucher);
  let nonce = Number(await chain.rpc.request<string>("eth_getTransactionCount", [lane.address, "latest"]));
  const { timestamp } = await chain.rpc.request<{ timestamp: string }>("eth_getBlockByNumber", ["latest", false]);
  const signed: Presigned[] = [];
  for (let start = 0; start < mints; start += batch) {
    const redemptions = Array.from({ length: Math.min(batch, mints - start) }, (_, i): Redemption => {
      const number = start + i;
      return {
        to: owner(`raw-${round}`, number),
        quantity: 1,
        txCount: (1n << 40n) + BigInt(round * mints + number), // far above the pipeline's numbers, as dense as they
        alignedSecond: Number(timestamp),
        orderId: orderIdOf("raw", `${round}-${number}`),
        uriDigest: uriDigestOf("ipfs://bench"),
      };
    });
    const data = encodeRedeemBatch(redemptions, toHex(signer.sign(batchDigest(domain, redemptions))), true);
    const fees = { maxFeePerGas: 10n ** 11n, maxPriorityFeePerGas: 10n ** 9n };
    signed.push(
      await signTransaction(
        {
          chainId: domain.chainId,
          nonce: nonce++,
          to: domain.verifyingContract,
          data,
          gasLimit: batchGas(
            redemptions.map(() => 1),
            mintGasOf("VoucherMinter"),
          ),
          ...fees,
        },
        lane,
      ),
    );
  }
  return signed;
}

/** Sends one after the other, as quickly as the node answers, and waits for the last receipt. */
async function raw(bench: BenchChain, round: number): Promise<number> {
  const { rpc } = bench.chain;
  const signed = await presign(bench, round);
  const started = performance.now();
  for (const { raw: bytes } of signed) await rpc.request("eth_sendRawTransaction", [bytes]);
  await mined(rpc, signed.at(-1)?.hash ?? "");
  const seconds = (performance.now() - started) / 1_000;
  await proveMinted(rpc, signed);
  return mints / seconds;
}

/** A presigned transaction that did not mint every voucher would make the other side look good. */
async function proveMinted(rpc: Rpc, signed: readonly Presigned[]): Promise<void> {
  let minted = 0;
  for (const { hash } of signed) {
    const receipt = await rpc.request<{ logs: { topics: string[] }[] }>("eth_getTransactionReceipt", [hash]);
    minted += receipt.logs.filter(({ topics }) => topics[0] === MINTED_TOPIC).length;
  }
  if (minted !== mints) throw new Error(`presigned transactions minted ${minted} of ${mints}`);
}

async function mined(rpc: Rpc, hash: string): Promise<void> {
  while ((await rpc.request("eth_getTransactionReceipt", [hash])) === null) await systemClock.pause(50);
}

function* rows(round: number): Generator<MintRow> {
  for (let i = 0; i < mints; i++)
    yield { line: i + 2, id: `${round}-${i}`, to: owner(`pipeline-${round}`, i), quantity: 1, uri: "ipfs://bench" };
}

async function pipeline({ chain, deployment, directory }: BenchChain, round: number): Promise<number> {
  await using mintd = await openMintd({
    config: loadConfig({ file: false, env: { MINTD_BATCH_MAX_ITEMS: batch.toString() } }),
    rpc: chain.rpc,
    deployment,
    storePath: join(directory, "store.db"),
    laneKeys: [keys.lane],
    voucherKey: keys.voucher,
    onTrouble: console.error,
  });
  await mintd.start();
  let done = false;
  const { mintsPerSecond } = await mintList(rows(round), mintd, {
    tenant: "bench",
    clock: systemClock,
    onProgress({ minted }) {
      if (minted < mints || done) return;
      done = true;
      void chain.rpc.request("anvil_mine", ["0x20"]);
    },
  });
  return mintsPerSecond;
}

/** Mining on demand takes anvil off its beat; it makes up for missed blocks in a hurry. Waits until blocks come a second apart again. */
async function calm(rpc: Rpc): Promise<void> {
  for (let calmBlocks = 0, last = await height(rpc), at = performance.now(); calmBlocks < 3;) {
    await systemClock.pause(20);
    const now = await height(rpc);
    if (now === last) continue;
    calmBlocks = now === last + 1 && performance.now() - at > 800 ? calmBlocks + 1 : 0;
    [last, at] = [now, performance.now()];
  }
}

const height = async (rpc: Rpc): Promise<number> => Number(await rpc.request<string>("eth_blockNumber", []));

await using bench = await benchChain(1, Number(values["block-gas"]));
const results: { raw: number; pipeline: number }[] = [];
for (let round = 0; round < rounds; round++) {
  await calm(bench.chain.rpc);
  const ours = await pipeline(bench, round);
  await calm(bench.chain.rpc);
  const theirs = await raw(bench, round);
  results.push({ raw: theirs, pipeline: ours });
  if (!values.json) console.log(`round ${round + 1}: pipeline ${ours.toFixed(0)}/s, presigned ${theirs.toFixed(0)}/s`);
}
const report = {
  mints,
  rounds,
  blockGas: Number(values["block-gas"]),
  cores: availableParallelism(),
  node: process.version,
  pipeline: { median: median(results.map((r) => r.pipeline)), spread: spread(results.map((r) => r.pipeline)) },
  presigned: { median: median(results.map((r) => r.raw)), spread: spread(results.map((r) => r.raw)) },
  ratio: median(results.map((r) => r.pipeline / r.raw)),
};
if (values.json) console.log(JSON.stringify(report, null, 2));
else {
  console.log(
    `${mints} mints a round, ${rounds} rounds, ${report.cores} cores, Node ${report.node}, anvil with 1 s blocks of ${Number(values["block-gas"]) / 1e6} M gas`,
  );
  for (const side of ["pipeline", "presigned"] as const)
    console.log(`${side.padEnd(10)} ${report[side].median.toFixed(0)} mints/s (${report[side].spread})`);
  console.log(`the pipeline reaches ${(report.ratio * 100).toFixed(0)} % of presigned sends`);
}
