import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { writeDeployment } from "../scripts/deployment/deploy.ts";
import { registerCircuit } from "../scripts/circuits/register.ts";
import { type PriceTerms, termsFrom, termsToSet } from "../scripts/circuits/terms.ts";
import { majorityOf, sourcesRoot } from "../src/price/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { cidDigest } from "./cid.ts";
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
  readonly cid: string;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = (args, hre) =>
  reporting(args.json, async () => {
    const named = circuitNamed(args.circuit);
    const assetId = assetNamed(args.asset);
    const { size } = named;
    const wanted = { assetId, size, asked: termsAsked(args, size) };
    const cid = args.cid === "" ? undefined : cidDigest(args.cid);
    const where = await priceContext(hre);
    const keys = sourcesFor(where, named, args.sources);
    const root = sourcesRoot(keys);
    termsToSet(termsFrom(await where.prices.termsOf(assetId)), wanted); // refused before minutes go into a key
    const setup = await keyFor(where, named, args.folder);
    await where.account.settle(); // before the chain is read
    const { circuit, done } = await registerCircuit(where.account, where.prices, { setup, ...wanted, sourcesRoot: root, cid });
    const { deployment, context } = where;
    const recorded = deployment.circuits?.[named.name];
    if (JSON.stringify(recorded) !== JSON.stringify(circuit)) {
      await writeDeployment(context.deployments, { ...deployment, circuits: { ...deployment.circuits, [named.name]: circuit } });
    }
    const { development } = setup.transcript;
    const held = termsFrom(await where.prices.termsOf(assetId));
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
          ["quorum", held.quorum],
          ["bound on deviation", `${(held.maxDeviationBps / 100).toFixed(2)} %`],
          ["quotes not older than", `${held.maxAgeSeconds} s`],
          ["reports not older than", `${held.maxDelaySeconds} s`],
        ]),
        done.length > 0 ? done.join(", ") : "everything was registered before; nothing was changed",
      ].join("\n"),
    );
  });

/** Terms that the arguments ask for; 0 asks for nothing. @throws InvalidArgument */
export function termsAsked(
  { quorum, deviation, maxAge, maxDelay }: Pick<Args, "quorum" | "deviation" | "maxAge" | "maxDelay">,
  size: number,
): Partial<PriceTerms> {
  const asked = (name: keyof PriceTerms, option: string, value: number, from: number, to: number): Partial<PriceTerms> => {
    if (value === 0) return {};
    if (value < from || value > to) throw new InvalidArgument(option, `is ${value}, and must be ${from} to ${to}`, `${option} ${from}`);
    return { [name]: value };
  };
  return {
    // Who proves picks the sources: two disjoint halves could prove two prices.
    ...asked("quorum", "--quorum", quorum, majorityOf(size), size),
    ...asked("maxDeviationBps", "--deviation", deviation, 1, 16_383),
    ...asked("maxAgeSeconds", "--max-age", maxAge, 1, 65_535),
    ...asked("maxDelaySeconds", "--max-delay", maxDelay, 1, 65_535),
  };
}

export default action;
