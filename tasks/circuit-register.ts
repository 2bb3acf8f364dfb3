import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { writeDeployment } from "../scripts/deployment/deploy.ts";
import { type PriceTerms, registerCircuit } from "../scripts/circuits/register.ts";
import { sourcesRoot } from "../src/price/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { assetNamed, circuitNamed, keyFor, priceContext, sourcesFor } from "./price-context.ts";
import { factTable, print, reporting } from "./print.ts";

interface Args {
  readonly circuit: string;
  readonly folder: string;
  readonly sources: string;
  readonly asset: string;
  readonly quorum: number;
  readonly deviation: number;
  readonly maxAge: number;
  readonly maxDelay: number;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = (args, hre) =>
  reporting(args.json, async () => {
    const named = circuitNamed(args.circuit);
    const assetId = assetNamed(args.asset);
    const terms = termsOf(args, named.size);
    const where = await priceContext(hre);
    const keys = sourcesFor(where, named, args.sources);
    const root = sourcesRoot(keys);
    const setup = await keyFor(where, named, args.folder);
    const { circuit, done } = await registerCircuit(where.account, where.prices, { setup, assetId, terms, sourcesRoot: root });
    const { deployment, context } = where;
    const recorded = deployment.circuits?.[named.name];
    if (JSON.stringify(recorded) !== JSON.stringify(circuit)) {
      await writeDeployment(context.deployments, { ...deployment, circuits: { ...deployment.circuits, [named.name]: circuit } });
    }
    const { development } = setup.transcript;
    const held = await where.prices.termsOf(assetId);
    print(args.json, { circuit: named.name, ...circuit, development, assetId, sourcesRoot: root, done }, () =>
      [
        factTable([
          ["circuit", named.name],
          ["id", circuit.id],
          ["verifier", circuit.verifier],
          ["key", development ? "development: for local chains alone" : setup.folder],
          ["asset", assetId.toString()],
          ["sources", keys.length],
          ["sources' root", root.toString()],
          ["quorum", Number(held.quorum)],
          ["bound on deviation", `${(Number(held.maxDeviationBps) / 100).toFixed(2)} %`],
          ["quotes not older than", `${held.maxAgeSeconds} s`],
          ["reports not older than", `${held.maxDelaySeconds} s`],
        ]),
        done.length > 0 ? done.join(", ") : "everything was registered before; nothing was changed",
      ].join("\n"),
    );
  });

/** Above half, and one more for each sixth of the others, which may then be wrong or silent: 2 of 3, 5 of 7, 10 of 14, 14 of 21. */
const usualQuorum = (size: number): number => Math.floor(size / 2) + 1 + Math.floor((size - 1) / 6);

/** Terms from the arguments; a quorum of 0 is the usual one. @throws InvalidArgument */
export function termsOf(
  { quorum: given, deviation, maxAge, maxDelay }: Pick<Args, "quorum" | "deviation" | "maxAge" | "maxDelay">,
  size: number,
): PriceTerms {
  const majority = Math.floor(size / 2) + 1;
  const quorum = given === 0 ? usualQuorum(size) : given;
  const within = (name: string, value: number, from: number, to: number): void => {
    if (value < from || value > to) throw new InvalidArgument(name, `is ${value}, and must be ${from} to ${to}`, `${name} ${from}`);
  };
  // Who proves picks the sources: two disjoint halves could prove two prices.
  within("--quorum", quorum, majority, size);
  within("--deviation", deviation, 1, 16_383);
  within("--max-age", maxAge, 0, 65_535);
  within("--max-delay", maxDelay, 1, 65_535);
  return { quorum, maxDeviationBps: deviation, maxAgeSeconds: maxAge, maxDelaySeconds: maxDelay };
}

export default action;
