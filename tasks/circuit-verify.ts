import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { files } from "../scripts/ceremony/transcript.ts";
import { compareCircuit, isSound } from "../scripts/circuits/verify.ts";
import { InvalidArgument } from "./arguments.ts";
import { cidDigest, rawCid } from "./cid.ts";
import { circuitNamed, developmentKey, priceContext, registeredCircuit } from "./price-context.ts";
import { print, reporting, rowTable } from "./print.ts";

interface Args {
  readonly circuit: string;
  readonly folder: string;
  /** File of the public powers of tau; empty: not given. */
  readonly powers: string;
  readonly cid: string;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ circuit: name, folder: given, powers, cid: published, json }, hre) =>
  reporting(json, async () => {
    const { circuit } = circuitNamed(name);
    const said = published === "" ? undefined : cidDigest(published);
    const { context, deployment, prices, local } = await priceContext(hre);
    const { id, verifier } = registeredCircuit(deployment, name);
    const folder = given === "" && local ? (await developmentKey(circuit)).folder : resolve(given);
    if (given === "" && !local) throw new InvalidArgument("--folder", "is missing", `--folder keys/${name}`);
    const missing = Object.values(files).find((file) => !existsSync(join(folder, file)));
    if (missing !== undefined) {
      throw new InvalidArgument("--folder", `is ${folder}, which holds no finished ceremony: no ${missing}`, `--folder keys/${name}`);
    }
    if (powers !== "" && !existsSync(powers)) {
      throw new InvalidArgument("--powers", `is ${powers}, where no file is`, "--powers powersOfTau28_hez_final_15.ptau");
    }
    const wanted = { circuit, id, folder, cid: said, ...(powers !== "" && { powers }) };
    const { development, status, cid, comparisons } = await compareCircuit(context.rpc, prices, wanted);
    const ok = isSound({ comparisons, development }, local);
    if (!ok) process.exitCode = 1;
    print(json, { ok, circuit: name, id, verifier, status, cid: { digest: cid, raw: rawCid(cid) }, development, comparisons }, () =>
      [
        `${name}, ${status}, id ${id}`,
        rowTable(
          ["what", "", "registered", "found"],
          comparisons.map(({ what, matches, registered, found }) => [
            what,
            matches ? "matches" : "DIFFERS",
            short(registered),
            matches ? "" : short(found),
          ]),
        ),
        `published under the digest ${cid}: ${rawCid(cid)} where it is one raw block`,
        development
          ? `the key is a development one: anybody can forge its proofs, it is for local chains alone${local ? "" : ", and this is none"}`
          : ok
            ? "the key comes from the public powers of tau, and forging takes all who contributed"
            : "nothing is proven of where the key comes from",
        ...(ok ? [] : ["the circuit is not what was registered, or may not be used here"]),
      ].join("\n"),
    );
  });

/** Enough digits to tell two apart by eye; --json has all. */
const short = (value: string): string => value.replace(/^(0x[0-9a-f]{16})[0-9a-f]{48}$/, "$1…");

export default action;
