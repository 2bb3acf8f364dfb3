// `npm run demo:cast`: the whole story of cast tokens on a local chain of its own, by the tasks that anybody may type: proven
// price, collateral in, cast tokens minted, the price falls, a keeper liquidates, a vote lowers the ratio. Ends with a table.
import { formatEther } from "ethers";
import { spawn } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { type LocalChain, startLocalChain } from "../src/chain/index.ts";
import { systemClock } from "../src/clock.ts";
import { Interrupted, stopOnSignal } from "../tasks/interrupt.ts";
import { rowTable, seconds } from "../tasks/print.ts";

const root = join(import.meta.dirname, "..");
const began = performance.now();
const home = await mkdtemp(join(tmpdir(), "mintd-demo-"));
const port = await freePort();
const report = join(home, "report.json");
const story: (readonly [string, string, string])[] = [];

type Json = Readonly<Record<string, unknown>>;

const stopped = new AbortController();
stopOnSignal(() => {
  stopped.abort(new Interrupted());
});
let chain: LocalChain | undefined;
try {
  chain = await startLocalChain({ directory: join(home, "chain"), port, blockTimeSeconds: 1, clock: systemClock, projectRoot: root });
  await tell("the contracts are deployed", ["deploy", "--cast"], ({ cast }) => `${Object.keys(cast as Json).length} beside the minters`);
  // Five minutes, for machines on which a proof takes its time.
  await tell("3 sources and a circuit are registered", ["circuit:register", "--circuit", "price3", "--max-delay", "300"], ({ done }) =>
    (done as string[]).join(", "),
  );
  await prove("ether is at 2,000", "2000.10,2000.00,1999.90");
  await tell("Ann puts in 3 ether", ["cast:open", "--amount", "3", "--as", "5"], position);
  await tell("and mints 3,800 cast tokens", ["cast:mint", "--amount", "3800", "--as", "5"], position);
  await tell("the keeper puts in 20 ether", ["cast:open", "--amount", "20", "--as", "6"], position);
  await tell("and mints 8,000", ["cast:mint", "--amount", "8000", "--as", "6"], position);
  await prove("ether falls to 1,800", "1800.50,1799.80,1800.00");
  await tell("the keeper liquidates Ann", ["cast:keeper", "--once", "--as", "6"], liquidated);
  await tell("2,500,000 votes are staked", ["gov:stake", "--amount", "2500000"], (answer) => `${tokens(field(answer, "votes"))} votes`);
  const proposed = await tell("150 % to 135 % is proposed", ["gov:propose", "--ratio", "eth=13500", "--reason", "demo"], votes);
  const id = field(proposed, "proposal", "id");
  await tell("a day later the vote begins", ["gov:vote", id, "--for", "--warp"], votes);
  await tell("7 days later it has passed", ["gov:queue", id, "--warp"], votes);
  await tell("2 days later it is executed", ["gov:execute", id, "--warp"], votes);
  await tell("ether's ratio is", ["pool:show"], ratio);
  console.log(`\n${rowTable(["what happened", "by", "result"], story)}`);
  console.log(
    `the whole story in ${seconds(performance.now() - began)}; the proofs' key is of the development ceremony: for local chains alone`,
  );
} catch (error) {
  if (!stopped.signal.aborted) throw error;
  process.exitCode = 130;
} finally {
  await chain?.stop({ save: false });
  await rm(home, { recursive: true, force: true });
}

/** Proves the price and brings it on chain. */
async function prove(what: string, prices: string): Promise<void> {
  await tell(
    what,
    ["price:prove", "--circuit", "price3", "--prices", prices, "--out", report],
    (answer) => `proven by the ${field(answer, "backend")} prover`,
  );
  await tell(
    "its proof is verified on chain",
    ["price:submit", report],
    (answer) => `${Number(field(answer, "gasUsed")).toLocaleString("en-US")} gas`,
  );
}

/** Runs a task, says what it did, and keeps it for the table. Ends the demo where the task does not succeed. */
async function tell(what: string, args: readonly string[], result: (answer: Json) => string): Promise<Json> {
  const command = `npx hardhat ${args.map((arg) => (arg === report ? "report.json" : arg)).join(" ")}`;
  console.log(`\n$ ${command}`);
  const answer = JSON.parse(await run([...args, "--network", "local", "--json"])) as Json;
  const words = result(answer);
  console.log(`${what}: ${words}`);
  story.push([what, args[0] ?? "", words]);
  return answer;
}

function run(args: readonly string[]): Promise<string> {
  const { promise, resolve, reject } = Promise.withResolvers<string>();
  const env = { ...process.env, MINTD_HOME: home, MINTD_LOCAL_PORT: String(port) };
  const hardhat = join(root, "node_modules/hardhat/dist/src/cli.js");
  const child = spawn(process.execPath, [hardhat, ...args], {
    cwd: root,
    env,
    stdio: ["ignore", "pipe", "inherit"],
    signal: stopped.signal,
  });
  let out = "";
  child.stdout.on("data", (chunk: Buffer) => (out += chunk.toString()));
  child.once("error", reject);
  child.once("close", (code) => {
    if (code === 0) resolve(out);
    else reject(new Error(`${args[0] ?? ""} ended with code ${code}: ${out}`));
  });
  return promise;
}

function freePort(): Promise<number> {
  const { promise, resolve } = Promise.withResolvers<number>();
  const server = createServer().listen(0, "127.0.0.1", () => {
    const address = server.address();
    server.close(() => {
      resolve(typeof address === "object" && address !== null ? address.port : 0);
    });
  });
  return promise;
}

/** A field of an answer, by its path. */
function field(answer: Json, ...path: readonly (string | number)[]): string {
  const found = path.reduce<unknown>((value, key) => (value as Readonly<Record<string | number, unknown>> | undefined)?.[key], answer);
  if (typeof found !== "string" && typeof found !== "number") throw new TypeError(`the answer has no ${path.join(".")}`);
  return String(found);
}

function percent(bps: string): string {
  return `${(Number(bps) / 100).toLocaleString("en-US", { maximumFractionDigits: 1 })} %`;
}

function tokens(amountD18: string): string {
  return Number(formatEther(amountD18)).toLocaleString("en-US", { maximumFractionDigits: 2 });
}

function position(answer: Json): string {
  const owed = field(answer, "position", "debtD18");
  const held = `${tokens(field(answer, "position", "amount"))} ether`;
  return owed === "0" ? held : `${held} for ${tokens(owed)} cast, ${percent(field(answer, "position", "ratioBps"))}`;
}

function liquidated({ events }: Json): string {
  const done = (events as Json[]).find(({ kind }) => kind === "liquidated");
  if (done === undefined) throw new Error("nothing was liquidated");
  return `done in block ${field(done, "block")}`;
}

function votes(answer: Json): string {
  const cast = BigInt(field(answer, "proposal", "inFavour"));
  const state = field(answer, "proposal", "state").toLowerCase();
  return cast === 0n ? state : `${state}, ${tokens(cast.toString())} for it`;
}

function ratio(answer: Json): string {
  return percent(field(answer, "collaterals", 0, "terms", "ratioBps"));
}
