// `npm run ceremony`: makes the proving and the verifying key of a circuit.
//
//   npm run ceremony -- --circuit price7                                     a development key, for local chains alone
//   npm run ceremony -- new --circuit price7 --powers file --folder begun     begins phase 2 over the public powers of tau
//   npm run ceremony -- contribute --key in --out out --name Alice            one person's contribution
//   npm run ceremony -- finish --circuit price7 --powers file --key in --beacon hex --folder dir
//   npm run ceremony -- check --folder dir [--powers file]                    compares a finished ceremony with its transcript;
//                                                                             makes the key again, a development one without a file
//
// No step writes over what is there. `--json` prints one JSON document. Progress goes to stderr.
import { parseArgs } from "node:util";
import { print, reporting, factTable, showProgress } from "../tasks/print.ts";
import { CeremonyFailed } from "./ceremony/errors.ts";
import { Phase2 } from "./ceremony/phase2.ts";
import {
  beginPublic,
  checkDevelopmentKey,
  checkWhole,
  developmentSetup,
  finishPublic,
  type OnProgress,
  type Setup,
  setupIn,
} from "./ceremony/setup.ts";
import { aggregationOf, type Circuit, sizes } from "./circuits/compile.ts";

const options = {
  circuit: { type: "string", default: "price7" },
  powers: { type: "string" },
  folder: { type: "string" },
  key: { type: "string" },
  out: { type: "string" },
  name: { type: "string" },
  beacon: { type: "string" },
  contributions: { type: "string", default: "1" },
  json: { type: "boolean", default: false },
} as const;

type Values = ReturnType<typeof given>["values"];

/** The command line. @throws CeremonyFailed an option that there is not, or one without its value */
function given() {
  try {
    return parseArgs({ allowPositionals: true, options });
  } catch (error) {
    throw new CeremonyFailed(error instanceof Error ? error.message : String(error));
  }
}

function needed(values: Values, option: "powers" | "folder" | "key" | "out" | "name" | "beacon"): string {
  const value = values[option];
  if (value === undefined) throw new CeremonyFailed(`--${option} is missing`);
  return value;
}

function circuitOf(values: Values): Circuit {
  const found = sizes.find(({ size }) => values.circuit === `price${size}`);
  if (found === undefined) throw new CeremonyFailed(`--circuit is one of ${sizes.map(({ size }) => `price${size}`).join(", ")}`);
  return aggregationOf(found.size);
}

/** Runs long work under a bar. */
async function shown<T>(work: (onProgress: OnProgress) => Promise<T>): Promise<T> {
  let now = { done: 0, words: "" };
  const end = showProgress("ceremony", 100, () => now);
  try {
    return await work((share, words) => (now = { done: Math.round(100 * share), words }));
  } finally {
    end();
  }
}

function report({ json }: Values, { folder, transcript }: Setup): void {
  const { circuit: name, development, contributions, powers, verifyingKey } = transcript;
  print(json, { folder, transcript }, () =>
    factTable([
      ["circuit", name],
      ["for local chains alone", development ? "yes: the powers' secret is known" : "no"],
      ["powers of tau", `2^${powers.power}`],
      ["contributions and beacon", contributions.length + 1],
      ["verifying key", verifyingKey],
      ["folder", folder],
    ]),
  );
}

const steps: Readonly<Record<string, (values: Values) => Promise<void>>> = {
  development: async (values) => {
    const contributions = Number(values.contributions);
    if (!Number.isInteger(contributions) || contributions < 1) throw new CeremonyFailed("--contributions is a whole number from 1");
    report(values, await shown((onProgress) => developmentSetup(circuitOf(values), { contributions, onProgress })));
  },
  new: async (values) => {
    const [circuit, powers, folder] = [circuitOf(values), needed(values, "powers"), needed(values, "folder")];
    const key = await shown((onProgress) => beginPublic(circuit, { powers, folder, onProgress }));
    print(values.json, { key }, () => `${key}: not to be used before somebody contributed to it`);
  },
  contribute: async (values) => {
    const [key, out, name] = [needed(values, "key"), needed(values, "out"), needed(values, "name")];
    const phase2 = new Phase2();
    try {
      const hash = await phase2.contribute(key, out, name);
      print(values.json, { hash, key: out }, () => `contribution ${hash}\npublish this hash, and pass on ${out}`);
    } finally {
      phase2.close();
    }
  },
  finish: async (values) => {
    const circuit = circuitOf(values);
    const from = { key: needed(values, "key"), powers: needed(values, "powers"), folder: needed(values, "folder") };
    const beacon = { value: needed(values, "beacon"), iterationsExponent: 10 };
    report(values, await shown((onProgress) => finishPublic(circuit, { ...from, beacon, onProgress })));
  },
  check: async (values) => {
    const setup = setupIn(needed(values, "folder"));
    const { powers } = values;
    const again = async (check: () => Promise<void>): Promise<void> =>
      shown(async (onProgress) => {
        onProgress(0.1, "making the key again");
        await check();
      });
    if (powers !== undefined) await again(() => checkWhole(setup.folder, powers));
    else if (setup.transcript.powers.blake2b === undefined) await again(() => checkDevelopmentKey(setup.folder));
    report(values, setup);
  },
};

await reporting(process.argv.includes("--json"), async () => {
  const { values, positionals } = given();
  const name = positionals[0] ?? "development";
  const step = Object.hasOwn(steps, name) ? steps[name] : undefined;
  if (step === undefined) throw new CeremonyFailed(`${name} is no step; steps are ${Object.keys(steps).join(", ")}`);
  await step(values);
});
