/**
 * Who mints each of 500 mints exactly once, and how quickly, when nothing goes wrong and when the usual things do?
 *
 *   node bench/exactly-once.ts [--scenario clean,faults] [--contender viem,mintd-1] [--seed 1] [--warm-up 100] [--rounds 1] [--json]
 *
 * ethers' NonceManager and viem's nonceManager, each without and with five retries by the caller, beside mintd; each in a
 * process of its own, on an anvil of its own, behind the same misbehaving endpoint (test/chaos/proxy) with the same seed. What
 * counts is read from the node itself, from the canonical chain, after it was mined on; not from what anybody said.
 *
 * ethers and viem call an ordinary ERC-721 (bench/exactly-once/PlainMinter.sol), as their users do: nothing on chain knows a
 * repetition there. Vouchers would protect them too, which is mintd's doing; the last note says what that costs.
 *
 * Everybody is warm. A service runs for days, and what is measured is minting, not the start of a process: compiling, first
 * connections, what is read of contracts once. So each contender first mints 100 more, the way it mints the others and in the
 * process that goes on with them (mintd: through the same running service), while nothing goes wrong, and waits until they are
 * on the chain; then they are made deeper than any reorg, and only then the clock, the count of calls, the endpoint's faults
 * and the 500 begin. Two instances warm up one after the other, and ethers reads its nonce anew after that; the process that
 * takes over after a kill starts while the clock runs, and is cold. The warm-up is in no column; were one of its mints missing
 * or there twice, the bench would end with an error.
 *
 * They get what was found to suit them. Where nothing goes wrong, all calls are begun at once: on this bench, before it had a
 * warm-up, ethers minted 52, 135, 121, 326/s and viem 98, 146, 208, 239/s with 16, 32, 128 and 500 calls under way. Elsewhere
 * 32 are under way: with 500, an endpoint's faults leave them fewer mints (scenarios.ts). Both look for blocks as often as
 * there are any, and so does mintd. ethers' retries reset its NonceManager, viem's resets itself. ethers throws errors of its
 * background polling where nobody can catch them; they would end an ordinary process and are only counted.
 *
 * Blocks come every 100 ms and hold 60 M gas, for everybody. A time until inclusion is whole blocks, so whoever needs few of
 * them is measured by their length. With longer ones neither ethers nor viem was steadily quicker (all at once, before there
 * was a warm-up; 100 ms, 250 ms, 1 s: ethers 326, 343, 264/s, viem 239, 313, 168/s).
 *
 * The columns: `mined` are different mints on the chain, `duplicates` their repetitions, `stuck` mints of which the caller
 * had heard neither success nor an error when time was up (30 s, or 12 s without news), `falsely confirmed` those that the
 * caller was told to be there (of mintd: to be final; of ethers and viem: their receipt) and that are not. Times run from
 * the hand-over of a mint until the block that has it was first seen, 10 ms exactly; mintd takes over all mints at once, so
 * its queue is in them. Calls are those that reached the endpoint, per mint on the chain.
 */
import { createRequire } from "node:module";
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import { version as ethersVersion } from "ethers";
import gas from "./gas.json" with { type: "json" };
import type { Figures } from "./exactly-once/audit.ts";
import { type Contender, contenders } from "./exactly-once/contenders.ts";
import { compilePlainMinter } from "./exactly-once/plain-minter.ts";
import { notesOf, type Result } from "./exactly-once/notes.ts";
import { run } from "./exactly-once/run.ts";
import { type Scenario, scenarios } from "./exactly-once/scenarios.ts";
import { grouped, scenarioTable } from "./exactly-once/table.ts";

const usage = `node bench/exactly-once.ts [options]

  --scenario <names>   of ${scenarios.map(({ name }) => name).join(", ")}; all
  --contender <names>  of ${contenders.map(({ name }) => name).join(", ")}; or ethers-all, viem-all, mintd-all; all
  --mints <n>          even, at least 20; 500
  --warm-up <n>        mints of each contender before its clock runs; 100
  --rounds <n>         1; of more the median is shown, and the range
  --seed <n>           of the endpoint's faults; the rounds count up from it; 1
  --block-ms <n>       time between blocks; 100
  --in-flight <n>      calls of ethers and viem under way; 500 in clean, else 32
  --deadline <s>       a run ends then at the latest; 30
  --json               the figures for machines
`;
const { values } = parseArgs({
  options: {
    scenario: { type: "string", default: "" },
    contender: { type: "string", default: "" },
    seed: { type: "string", default: "1" },
    mints: { type: "string", default: "500" },
    "warm-up": { type: "string", default: "100" },
    rounds: { type: "string", default: "1" },
    "block-ms": { type: "string", default: "100" },
    "in-flight": { type: "string" },
    deadline: { type: "string", default: "30" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});

function refuse(why: string): never {
  console.error(`${why}\n\n${usage}`);
  process.exit(1);
}

function whole(name: string, text: string, least: number): number {
  const value = Number(text);
  return Number.isSafeInteger(value) && value >= least ? value : refuse(`--${name} takes a whole number of at least ${least}`);
}

/** Those named, in their usual order. */
function chosen<T extends Scenario | Contender>(all: readonly T[], names: string): T[] {
  if (names === "") return [...all];
  const wanted = names.split(",").map((name) => name.trim());
  const fits = (item: T, name: string): boolean => item.name === name || ("library" in item && `${item.library}-all` === name);
  const unknown = wanted.find((name) => !all.some((item) => fits(item, name)));
  if (unknown !== undefined) refuse(`there is no ${unknown}`);
  return all.filter((item) => wanted.some((name) => fits(item, name)));
}

if (values.help) {
  console.log(usage);
  process.exit(0);
}
const settings = {
  mints: whole("mints", values.mints, 20),
  warmUp: whole("warm-up", values["warm-up"], 0),
  blockMs: whole("block-ms", values["block-ms"], 20),
  inFlight: values["in-flight"] === undefined ? undefined : whole("in-flight", values["in-flight"], 1),
  deadlineMs: 1_000 * whole("deadline", values.deadline, 1),
  stallMs: 12_000,
};
const seed = whole("seed", values.seed, 0);
const rounds = whole("rounds", values.rounds, 1);
if (settings.mints % 2 === 1) refuse("--mints must be even: two instances share them");
const chosenScenarios = chosen(scenarios, values.scenario);
const chosenContenders = chosen(contenders, values.contender);

for (const signal of ["SIGINT", "SIGTERM"] as const) process.once(signal, () => process.exit(130));
const plain = compilePlainMinter();
const results: Result[] = [];
for (const scenario of chosenScenarios) {
  const figures = new Map(chosenContenders.map((contender) => [contender, [] as Figures[]]));
  for (let round = 0; round < rounds; round++) {
    for (const [contender, all] of figures) {
      const result = await run({ contender, scenario, seed: seed + round, plain, ...settings });
      all.push(result);
      console.error(
        `${scenario.name}, ${contender.title}, seed ${seed + round}: ${result.mined} mined, ${result.duplicates} duplicates, ${result.stuck} stuck, ${grouped(result.mintsPerSecond ?? 0)}/s (${result.seconds.toFixed(1)} s)`,
      );
    }
  }
  for (const [contender, all] of figures) results.push({ scenario: scenario.name, contender, rounds: all });
}

const require = createRequire(import.meta.url);
const versionOf = (name: string): string => (require(`${name}/package.json`) as { version: string }).version;
const about = {
  ...settings,
  seed,
  rounds,
  cores: availableParallelism(),
  node: process.version,
  ethers: ethersVersion,
  viem: versionOf("viem"),
  anvil: versionOf("@foundry-rs/anvil-linux-amd64"),
};
const notes = notesOf(results, gas["erc721 redeem, first-time owner"]);
if (values.json) console.log(JSON.stringify({ ...about, results, notes }, null, 2));
else {
  console.log(
    `${settings.mints} mints after ${settings.warmUp} to warm up, ${rounds} round${rounds === 1 ? "" : "s"} from seed ${seed}, blocks of ${settings.blockMs} ms, ${about.cores} cores, Node ${about.node}, ethers ${about.ethers}, viem ${about.viem}, anvil ${about.anvil}`,
  );
  for (const { name, title } of chosenScenarios) {
    console.log(`\n${name}: ${title}`);
    console.log(scenarioTable(results.filter(({ scenario }) => scenario === name)));
  }
  console.log(`\n${notes.join("\n")}`);
}
