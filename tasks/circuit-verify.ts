import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { files } from "../scripts/ceremony/transcript.ts";
import { compareCircuit, type Comparison, isSound, makeAnew, registeredClaim } from "../scripts/circuits/verify.ts";
import { sourcesRoot } from "../src/price/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { cidDigest, rawCid } from "./cid.ts";
import { ofProposal, type Subject, type SubjectOf, voterWords } from "./circuit-proposed.ts";
import { proposalId } from "./gov-context.ts";
import {
  circuitNamed,
  developmentKey,
  type NamedCircuit,
  type PriceContext,
  priceContext,
  registeredCircuit,
  sourcesFor,
} from "./price-context.ts";
import { print, reporting, rowTable } from "./print.ts";

interface Args {
  readonly circuit: string;
  /** Id of the proposal that would register it; empty: it is registered. */
  readonly proposal: string;
  readonly folder: string;
  /** File of the public keys of the sources that the proposal should set; empty: not compared. */
  readonly sources: string;
  /** File of the public powers of tau; empty: not given. */
  readonly powers: string;
  readonly cid: string;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = (args, hre) =>
  reporting(args.json, async () => {
    const named = circuitNamed(args.circuit);
    const cid = args.cid === "" ? undefined : cidDigest(args.cid);
    const id = args.proposal === "" ? undefined : proposalId(args.proposal);
    if (id === undefined && args.sources !== "") {
      throw new InvalidArgument("--sources", "are compared with what a proposal sets: --proposal is missing", "--proposal 703512");
    }
    const where = await priceContext(hre);
    const { rpc } = where.context;
    const root = args.sources === "" ? undefined : sourcesRoot(sourcesFor(where, named, args.sources));
    // What is refused is refused before anything is compiled.
    const subjectOf = id === undefined ? ofRegistry(where, named) : await ofProposal(hre, where, named, { id, root });
    const folder = await folderOf(where, named, args.folder);
    const made = await makeAnew({ circuit: named.circuit, folder, powers: powersFile(args.powers) });
    const subject = await subjectOf(made.r1cs);
    const compared = await compareCircuit(rpc, made, subject.claimed, cid);
    report(where, args, { ...subject, development: made.development, comparisons: [...compared, ...subject.sources] });
  });

/** @throws CircuitNotRegistered */
function ofRegistry({ deployment, prices }: PriceContext, { name }: NamedCircuit): SubjectOf {
  const { id } = registeredCircuit(deployment, name);
  return async () => ({ claimed: await registeredClaim(prices, id), sources: [], proposal: undefined });
}

/** The ceremony's folder, with all of its files. @throws InvalidArgument */
async function folderOf({ local }: PriceContext, { circuit, name }: NamedCircuit, given: string): Promise<string> {
  const example = `--folder keys/${name}`;
  if (given === "" && !local) throw new InvalidArgument("--folder", "is missing", example);
  const folder = given === "" ? (await developmentKey(circuit)).folder : resolve(given);
  const missing = Object.values(files).find((file) => !existsSync(join(folder, file)));
  if (missing === undefined) return folder;
  throw new InvalidArgument("--folder", `is ${folder}, which holds no finished ceremony: no ${missing}`, example);
}

/** @throws InvalidArgument */
function powersFile(file: string): string | undefined {
  if (file === "" || existsSync(file)) return file === "" ? undefined : file;
  throw new InvalidArgument("--powers", `is ${file}, where no file is`, "--powers powersOfTau28_hez_final_15.ptau");
}

interface Verified extends Pick<Subject, "claimed" | "proposal"> {
  readonly development: boolean;
  readonly comparisons: readonly Comparison[];
}

/** Prints what was compared, and makes the exit code 1 where the circuit is not sound. */
function report({ local }: PriceContext, { circuit, json }: Args, { claimed, development, comparisons, proposal }: Verified): void {
  const { id, verifier, status, artifacts } = claimed;
  const ok = isSound({ comparisons, development }, local);
  if (!ok) process.exitCode = 1;
  const cid = { digest: artifacts.cid, raw: rawCid(artifacts.cid) };
  print(json, { ok, circuit, id, verifier, status, cid, development, comparisons, ...(proposal && { proposal }) }, () =>
    [
      `${circuit}, ${status}${proposal ? ` by call ${proposal.call} of ${proposal.id} (${proposal.state})` : ""}, id ${id}`,
      rowTable(
        ["what", "", proposal ? "proposed" : "registered", "found"],
        comparisons.map(({ what, matches, registered, found }) => [
          what,
          matches ? "matches" : "DIFFERS",
          short(registered),
          matches ? "" : short(found),
        ]),
      ),
      `published under the digest ${cid.digest}: ${cid.raw} where it is one raw block`,
      keyWords(development, local, ok),
      ...(ok ? [] : [`the circuit is not what ${proposal ? "it is proposed as" : "was registered"}, or may not be used here`]),
      ...(proposal ? voterWords(proposal) : []),
    ].join("\n"),
  );
}

function keyWords(development: boolean, local: boolean, ok: boolean): string {
  if (development) {
    return `the key is a development one: anybody can forge its proofs, it is for local chains alone${local ? "" : ", and this is none"}`;
  }
  return ok
    ? "the key comes from the public powers of tau, and forging takes all who contributed"
    : "nothing is proven of where the key comes from";
}

/** Enough digits to tell two apart by eye; --json has all. */
const short = (value: string): string => value.replace(/^(0x[0-9a-f]{16}|\d{16})[0-9a-f]{40,61}$/, "$1…");

export default action;
