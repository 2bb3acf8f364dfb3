/**
 * How long after a crash with 100,000 open orders is the service ready again?
 *
 *   node bench/recovery.ts [--orders 100000] [--lanes 8] [--rounds 3] [--json]
 *
 * A process of its own accepts the orders and mints until a fifth of them is on the chain, then it is killed by SIGKILL; the
 * rest waits, is signed, or is sent. A second process opens the same store: the clock runs from the moment it calls
 * `openMintd` until it mints again (store read, ledgers read, chain caught up, lanes reconciled, everything unmined on its
 * way to the node). The time to start Node and load the modules is told apart. The rounds begin with the orders that the
 * former one left, as a service that crashes again and again would.
 */
import { fork } from "node:child_process";
import { once } from "node:events";
import { availableParallelism } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { HDNodeWallet } from "ethers";
import { HttpRpc } from "../src/chain/index.ts";
import { loadConfig } from "../src/config/index.ts";
import { requestOf } from "../src/list/mint-list.ts";
import { openMintd } from "../src/mintd.ts";
import type { Deployment } from "../src/chain/index.ts";
import { Secret } from "../src/secret.ts";
import { checksumAddress } from "../src/address.ts";
import { keccak256OfText } from "../src/keccak/index.ts";
import { benchChain, keys } from "./bench-chain.ts";
import { median, spread } from "./statistics.ts";

interface Job {
  readonly url: string;
  readonly deployment: Deployment;
  readonly storePath: string;
  readonly lanes: number;
  readonly orders: number;
}

const owner = (n: number): string => checksumAddress(keccak256OfText(`owner/${Math.floor(n / 4)}`).subarray(12));
const root = HDNodeWallet.fromPhrase("test test test test test test test test test test test junk", "", "m/44'/60'/0'/0");

/** The process that is killed, and the one that comes after it: both accept what is not accepted yet. */
async function serve({ url, deployment, storePath, lanes, orders }: Job): Promise<void> {
  const began = performance.now();
  const mintd = await openMintd({
    config: loadConfig({ file: false, env: {} }),
    rpc: new HttpRpc({ url, timeoutMs: 10_000 }),
    deployment,
    storePath,
    laneKeys: Array.from({ length: lanes }, (_, i) => new Secret(root.deriveChild(2 + i).privateKey)),
    voucherKey: keys.voucher,
    onTrouble: () => undefined,
  });
  const open = mintd.book.openCount;
  const opened = performance.now();
  await mintd.start();
  process.send?.({ openMs: opened - began, readyMs: performance.now() - began, loadMs: began, open });
  mintd.minting.failure.catch((error: unknown) => {
    console.error(error);
    process.exit(1);
  });
  for (let n = 0; n < orders; n += 500) {
    const rows = Array.from({ length: Math.min(500, orders - n) }, (_, i) => ({
      id: `r-${n + i}`,
      to: owner(n + i),
      quantity: 1,
      uri: "",
    }));
    await mintd.book.request(rows.map((row) => requestOf({ ...row, line: 0 }, "bench")));
    mintd.minting.ring();
  }
  const minted = setInterval(() => {
    const included = [...mintd.book.open()].filter(({ inclusion }) => inclusion).length + orders - mintd.book.openCount;
    if (included >= orders / 5) {
      clearInterval(minted);
      process.send?.({ enough: true });
    }
  }, 200);
}

interface Ready {
  readonly openMs: number;
  readonly readyMs: number;
  readonly loadMs: number;
  readonly open: number;
}

async function run(job: Job): Promise<{ ready: Ready; child: ReturnType<typeof fork> }> {
  const child = fork(import.meta.filename, ["--serve", JSON.stringify(job)], { stdio: ["ignore", "inherit", "inherit", "ipc"] });
  const [ready] = (await once(child, "message")) as [Ready];
  return { ready, child };
}

async function kill(child: ReturnType<typeof fork>): Promise<void> {
  const ended = once(child, "exit");
  child.kill("SIGKILL");
  await ended;
}

const { values } = parseArgs({
  options: {
    orders: { type: "string", default: "100000" },
    lanes: { type: "string", default: "8" },
    rounds: { type: "string", default: "3" },
    json: { type: "boolean", default: false },
    serve: { type: "string" },
  },
});

if (values.serve !== undefined) await serve(JSON.parse(values.serve) as Job);
else {
  await using bench = await benchChain(1, 60_000_000);
  const job = {
    ...{ url: bench.chain.url, deployment: bench.deployment, storePath: join(bench.directory, "store.db") },
    ...{ lanes: Number(values.lanes), orders: Number(values.orders) },
  };
  const first = await run(job);
  await once(first.child, "message");
  await kill(first.child);
  const rounds: Ready[] = [];
  for (let i = 0; i < Number(values.rounds); i++) {
    const { ready, child } = await run({ ...job, orders: 0 });
    await kill(child);
    rounds.push(ready);
    if (!values.json)
      console.log(`${ready.open} open orders: ready after ${ready.readyMs.toFixed(0)} ms (store read: ${ready.openMs.toFixed(0)} ms)`);
  }
  const ms = rounds.map(({ readyMs }) => readyMs);
  const report = {
    orders: job.orders,
    lanes: job.lanes,
    cores: availableParallelism(),
    node: process.version,
    readyMs: median(ms),
    rounds,
  };
  if (values.json) console.log(JSON.stringify(report, null, 2));
  else
    console.log(
      `${report.cores} cores, Node ${report.node}: ready again after ${median(ms).toFixed(0)} ms (${spread(ms)}), and ${median(rounds.map(({ loadMs }) => loadMs)).toFixed(0)} ms before for Node to load the program`,
    );
}
