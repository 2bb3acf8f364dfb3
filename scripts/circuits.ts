// `npm run circuits`: compiles the circuits of 3 and 7 sources and every template, and compares their constraint counts with
// circuits/constraints.json. `-- --all` takes 14 and 21 sources as well, `-- --write` writes the file. Ends with code 1 where counts differ.
import { relative } from "node:path";
import { parseArgs } from "node:util";
import { aggregationOf, compile, sizes } from "./circuits/compile.ts";
import { readCounts, templates, writeCounts } from "./circuits/counts.ts";

const { values } = parseArgs({ options: { all: { type: "boolean", default: false }, write: { type: "boolean", default: false } } });
const wanted = sizes.filter(({ size }) => values.all || size <= 7);
const circuits = [...templates, ...wanted.map(({ size }) => aggregationOf(size))];
const kept = readCounts();
const found = { ...kept };
let ok = true;

for (const circuit of circuits) {
  const { constraints, wires, r1cs } = await compile(circuit);
  const before = kept[circuit.component];
  const same = before?.constraints === constraints && before.wires === wires;
  const ceiling = wanted.find(({ size }) => aggregationOf(size).component === circuit.component)?.ceiling ?? Infinity;
  if (constraints > ceiling || (!same && !values.write)) ok = false;
  found[circuit.component] = { constraints, wires };
  const note = constraints > ceiling ? `above the ceiling of ${ceiling}` : same ? "" : `was ${before?.constraints ?? "not counted"}`;
  console.log(
    [circuit.component.padEnd(26), String(constraints).padStart(7), "constraints", note, relative(process.cwd(), r1cs)]
      .filter((each) => each !== "")
      .join(" "),
  );
}
if (values.write && ok) writeCounts(found);
if (!ok) console.log("counts differ: see why, and where it is meant, npm run circuits -- --all --write");
process.exitCode = ok ? 0 : 1;
