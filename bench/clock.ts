/**
 * How far is the block clock from the chain's time, next to adding the time since the newest block to its timestamp?
 *
 * Run: `node bench/clock.ts [--json] [--runs 100]`. A simulation: delays, polls, missed slots, reorgs, stalls and a drifting
 * oscillator drawn from seeds (CLOCK_SEED), by the delays that src/chain/networks.ts quotes. Both read the same looks at the
 * same endpoint, at a random moment of each slot, once the window is full. "inside": the true error is within the bound that
 * the clock gave; "issued": that bound is within ±500 ms; "seen after": from the endpoint's having a block to its being seen.
 */
import { parseArgs } from "node:util";
import { measure, tableOf } from "../test/src/nonce/clock/measure.ts";
import { allowed, beyond, broken, checked, claimed } from "../test/src/nonce/clock/worlds.ts";

const { values } = parseArgs({ options: { json: { type: "boolean", default: false }, runs: { type: "string", default: "100" } } });
const seed = Number(process.env["CLOCK_SEED"] ?? 1);
const effort = { seed, runs: Number(values.runs), slots: 200 };
const rows = Object.entries({ ...claimed, ...allowed, ...checked, ...broken, ...beyond }).map(
  ([name, world]) => [name, measure(world, effort)] as const,
);
if (values.json) console.log(JSON.stringify({ ...effort, node: process.version, worlds: Object.fromEntries(rows) }, undefined, 2));
else console.log(`CLOCK_SEED=${seed}, ${effort.runs} runs each, ${process.version}\n${tableOf(rows)}`);
