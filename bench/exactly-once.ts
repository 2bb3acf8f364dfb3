/**
 * Who mints each of 500 mints exactly once, and how quickly, when nothing goes wrong and when the usual things do?
 *
 *   node bench/exactly-once.ts [--scenario clean,faults,…] [--contender mintd,…] [--seed 1] [--mints 500] [--rounds 1]
 */
import { availableParallelism } from "node:os";
import { parseArgs } from "node:util";
import type { Figures } from "./exactly-once/audit.ts";
import { contenders } from "./exactly-once/contenders.ts";
import { compilePlainMinter } from "./exactly-once/plain-minter.ts";
import { run } from "./exactly-once/run.ts";
import { scenarios } from "./exactly-once/scenarios.ts";
import { scenarioTable } from "./exactly-once/table.ts";

const { values } = parseArgs({
  options: {
    scenario: { type: "string", default: "" },
    contender: { type: "string", default: "" },
    seed: { type: "string", default: "1" },
    mints: { type: "string", default: "500" },
    rounds: { type: "string", default: "1" },
    "block-ms": { type: "string", default: "100" },
    "in-flight": { type: "string", default: "32" },
    json: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
const chosen = <T extends { readonly name: string }>(all: readonly T[], names: string): T[] =>
  all.filter(({ name }) => names === "" || names.split(",").some((part) => name.includes(part.trim())));

const plain = compilePlainMinter();
const results: { scenario: string; contender: string; rounds: Figures[] }[] = [];
for (const scenario of chosen(scenarios, values.scenario)) {
  for (const contender of chosen(contenders, values.contender)) {
    const rounds: Figures[] = [];
    for (let round = 0; round < Number(values.rounds); round++) {
      const figures = await run({
        contender,
        scenario,
        seed: Number(values.seed) + round,
        mints: Number(values.mints),
        blockMs: Number(values["block-ms"]),
        inFlight: Number(values["in-flight"]),
        deadlineMs: 30_000,
        stallMs: 8_000,
        plain,
      });
      console.error(scenario.name, contender.name, JSON.stringify(figures));
      rounds.push(figures);
    }
    results.push({ scenario: scenario.name, contender: contender.name, rounds });
  }
}
for (const { name, title } of chosen(scenarios, values.scenario)) {
  console.log(`\n${name}: ${title}`);
  console.log(scenarioTable(results.filter(({ scenario }) => scenario === name)));
}
console.log(availableParallelism(), process.version);
