/**
 * Does the time per mint or the memory of the service grow with the list?
 *
 *   node bench/large-list.ts [--json] [--rows 100000]
 *
 * A list of 100,000 rows on disk, read, minted and confirmed to depth 32 on an anvil with blocks of 1 s and 60 M gas. This
 * process is the service; anvil is another. Prints, for each tenth of the list, the time it took to be included and the
 * resident memory then, and the peak as the kernel saw it. V8 is told to keep its heap small, as `npm start` tells it: what
 * lives is about 100 MB, and left alone V8 collects the rest late.
 */
import { spawnSync } from "node:child_process";
import { createWriteStream } from "node:fs";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { monitorEventLoopDelay } from "node:perf_hooks";
import { checksumAddress } from "../src/address.ts";
import { systemClock } from "../src/clock.ts";
import { loadConfig } from "../src/config/index.ts";
import { keccak256OfText } from "../src/keccak/index.ts";
import { checkMintList, mintList, readMintList } from "../src/list/index.ts";
import { openMintd } from "../src/mintd.ts";
import { benchChain, keys } from "./bench-chain.ts";

const { values } = parseArgs({ options: { json: { type: "boolean", default: false }, rows: { type: "string", default: "100000" } } });
const total = Number(values.rows);
const flags = ["--max-old-space-size=296", "--max-semi-space-size=8"];
if (!flags.every((flag) => process.execArgv.includes(flag))) {
  const { status } = spawnSync(process.execPath, [...flags, ...process.argv.slice(1)], { stdio: "inherit" });
  process.exit(status ?? 1);
}

async function writeList(file: string): Promise<void> {
  const out = createWriteStream(file);
  out.write("id,to,quantity,uri\n");
  for (let i = 0; i < total; i++) {
    const to = checksumAddress(keccak256OfText(`large/${Math.floor(i / 4)}`).subarray(12));
    if (!out.write(`large-${i},${to},1,ipfs://large/${i}\n`)) await once(out, "drain");
  }
  out.end();
  await once(out, "finish");
}

const mb = (bytes: number): number => Math.round(bytes / 1e6);

await using bench = await benchChain(1, 60_000_000);
const file = join(bench.directory, "list.csv");
await writeList(file);
await checkMintList(file);
const loop = monitorEventLoopDelay({ resolution: 5 });
const tenths: { rows: number; msPerMint: number; rssMB: number }[] = [];
await using mintd = await openMintd({
  config: loadConfig({ file: false, env: {} }),
  rpc: bench.chain.rpc,
  deployment: bench.deployment,
  storePath: join(bench.directory, "store.db"),
  laneKeys: [keys.lane],
  voucherKey: keys.voucher,
  onTrouble: console.error,
});
await mintd.start();
loop.enable();
const started = performance.now();
let last = started;
const report = await mintList(readMintList(file, { checked: true }), mintd, {
  tenant: "bench",
  clock: systemClock,
  onProgress({ minted }) {
    if (minted < ((tenths.length + 1) * total) / 10) return;
    const now = performance.now();
    tenths.push({ rows: minted, msPerMint: (now - last) / (total / 10), rssMB: mb(process.memoryUsage.rss()) });
    last = now;
    if (!values.json)
      console.error(`${minted} minted, ${tenths.at(-1)?.msPerMint.toFixed(3) ?? ""} ms each, ${tenths.at(-1)?.rssMB ?? 0} MB`);
  },
});
loop.disable();
const result = {
  rows: total,
  final: report.final,
  cores: availableParallelism(),
  node: process.version,
  mintsPerSecond: report.mintsPerSecond,
  tenths,
  peakMB: mb(process.resourceUsage().maxRSS * 1_024),
  eventLoopDelayMs: { p50: loop.percentile(50) / 1e6, p99: loop.percentile(99) / 1e6, max: loop.max / 1e6 },
  lastTenthToSecond: (tenths.at(-1)?.msPerMint ?? 0) / (tenths[1]?.msPerMint ?? 1),
};
if (values.json) console.log(JSON.stringify(result, null, 2));
else {
  const { p50, p99, max } = result.eventLoopDelayMs;
  console.log(`${total} rows, ${report.final} final, ${result.cores} cores, Node ${result.node}`);
  console.log(`event loop delay p50 ${p50.toFixed(1)} ms, p99 ${p99.toFixed(1)} ms, longest ${max.toFixed(1)} ms`);
  console.log(`${report.mintsPerSecond.toFixed(0)} mints/s; peak memory of the service ${result.peakMB} MB`);
  console.log(`a mint of the last tenth takes ${result.lastTenthToSecond.toFixed(2)} times as long as one of the second`);
}
