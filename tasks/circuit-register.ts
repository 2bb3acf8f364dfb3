import type { NewTaskActionFunction } from "hardhat/types/tasks";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { writeDeployment } from "../scripts/deployment/deploy.ts";
import type { Registration } from "../scripts/circuits/missing.ts";
import { proposeCircuit, registerCircuit, type Registered } from "../scripts/circuits/register.ts";
import { type PriceTerms, termsFrom, termsToSet } from "../scripts/circuits/terms.ts";
import { castContracts } from "../src/chain/index.ts";
import { majorityOf, sourcesRoot } from "../src/price/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { cidDigest } from "./cid.ts";
import { besideWords, foundWords, proposalWords, triedWords, voteOf, withWords } from "./gov-context.ts";
import { contractsOf } from "./governed-calls.ts";
import { assetNamed, circuitNamed, keyFor, type PriceContext, priceContext, sourcesFor } from "./price-context.ts";
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
  readonly propose: boolean;
  readonly reason: string;
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
    const root = sourcesRoot(sourcesFor(where, named, args.sources));
    termsToSet(termsFrom(await where.prices.termsOf(assetId)), wanted); // refused before minutes go into a key
    const setup = await keyFor(where, named, args.folder);
    await where.account.settle(); // before the chain is read
    const registration = { setup, ...wanted, sourcesRoot: root, cid };
    if (args.propose) await propose(hre, where, registration, args);
    else await report(where, registration, args, await registerCircuit(where.account, registryOf(where), registration));
  });

type Shown = Pick<Args, "circuit" | "json">;

const registryOf = ({ prices, deployment }: PriceContext) => ({ prices, manager: deployment.contracts.AccessManager.address });

/** Proposes what is missing and prints the proposal, or that nothing is. */
async function propose(
  hre: HardhatRuntimeEnvironment,
  where: PriceContext,
  registration: Registration,
  { circuit: name, reason, json }: Shown & Pick<Args, "reason">,
): Promise<void> {
  const { context, deployment, account } = where;
  const contracts = castContracts(deployment);
  const vote = voteOf({ context, contracts, deployment });
  const registry = { ...registryOf(where), vote, timelock: contracts.TimelockController.address };
  const made = await proposeCircuit(account, registry, registration, { name, reason });
  if (made.kind === "registered") {
    await report(where, registration, { circuit: name, json }, { circuit: made.circuit, done: [] });
    return;
  }
  const { circuitId, proposalId, done, calls, tried, beside } = made;
  const named = await contractsOf(hre, deployment);
  const proposal = await vote.proposal(proposalId);
  print(json, { circuit: name, id: circuitId, done, tried, beside: beside?.id, proposal: withWords(named, proposal) }, () =>
    [
      done.length > 0 ? done.join(", ") : foundWords(proposal, account.address),
      ...(tried === undefined ? [] : [triedWords(tried, calls)]),
      ...(beside === undefined ? [] : [besideWords(beside)]),
      proposalWords(named, proposal),
      "when it is executed (gov:vote, gov:queue, gov:execute), run this again: it records the circuit",
    ].join("\n"),
  );
}

/** Records a circuit that is registered and prints how it stands. */
async function report(where: PriceContext, registration: Registration, { circuit: name, json }: Shown, { circuit, done }: Registered) {
  const { deployment, context, prices } = where;
  const { setup, assetId, size, sourcesRoot: root } = registration;
  const recorded = deployment.circuits?.[name];
  if (JSON.stringify(recorded) !== JSON.stringify(circuit)) {
    await writeDeployment(context.deployments, { ...deployment, circuits: { ...deployment.circuits, [name]: circuit } });
  }
  const { development } = setup.transcript;
  const held = termsFrom(await prices.termsOf(assetId));
  print(json, { circuit: name, ...circuit, development, assetId, sourcesRoot: root, done }, () =>
    [
      factTable([
        ["circuit", name],
        ["id", circuit.id],
        ["verifier", circuit.verifier],
        ["key", development ? "development: for local chains alone" : setup.folder],
        ["asset", assetId.toString()],
        ["sources", size],
        ["sources' root", root.toString()],
        ["quorum", held.quorum],
        ["bound on deviation", `${(held.maxDeviationBps / 100).toFixed(2)} %`],
        ["quotes not older than", `${held.maxAgeSeconds} s`],
        ["reports not older than", `${held.maxDelaySeconds} s`],
      ]),
      done.length > 0 ? done.join(", ") : "everything was registered before; nothing was changed",
    ].join("\n"),
  );
}

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
