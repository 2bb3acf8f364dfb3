import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { pipeline } from "node:stream/promises";
import { CeremonyFailed, UnknownPowers } from "./errors.ts";

/** Hashes of files by how many powers they have. */
export type KnownPowers = Readonly<Record<number, string>>;

/** blake2b hashes of the perpetual powers of tau, prepared for phase 2 (powersOfTau28_hez_final_<power>.ptau). */
export const pinned: KnownPowers = {
  8: "d6a8fb3a04feb600096c3b791f936a578c4e664d262e4aa24beed1b7a9a96aa5eb72864d628db247e9293384b74b36ffb52ca8d148d6e1b8b51e279fdf57b583",
  14: "eeefbcf7c3803b523c94112023c7ff89558f9b8e0cf5d6cdcba3ade60f168af4a181c9c21774b94fbae6c90411995f7d854d02ebd93fb66043dbb06f17a831c1",
  15: "982372c867d229c236091f767e703253249a9b432c1710b4f326306bfa2428a17b06240359606cfe4d580b10a5a1f63fbed499527069c18ae17060472969ae6e",
  16: "6a6277a2f74e1073601b4f9fed6e1e55226917efb0f0db8a07d98ab01df1ccf43eb0e8c3159432acd4960e2f29fe84a4198501fa54c8dad9e43297453efec125",
  17: "6247a3433948b35fbfae414fa5a9355bfb45f56efa7ab4929e669264a0258976741dfbe3288bfb49828e5df02c2e633df38d2245e30162ae7e3bcca5b8b49345",
  18: "7e6a9c2e5f05179ddfc923f38f917c9e6831d16922a902b0b4758b8e79c2ab8a81bb5f29952e16ee6c5067ed044d7857b5de120a90704c1d3b637fd94b95b13e",
};

/** blake2b of 64 bytes, hexadecimal. @throws CeremonyFailed the file cannot be read */
export async function blake2b(file: string): Promise<string> {
  const hash = createHash("blake2b512");
  await pipeline(createReadStream(file), hash).catch((error: unknown) => {
    throw new CeremonyFailed(`${file} cannot be read: ${error instanceof Error ? error.message : String(error)}`);
  });
  return hash.digest("hex");
}

/**
 * The hash of a public powers-of-tau file.
 * @param power that the circuit needs at least
 * @throws UnknownPowers its hash is not pinned
 * @throws CeremonyFailed it is too small, or cannot be read
 */
export async function checkPowers(
  file: string,
  power: number,
  known: KnownPowers = pinned,
): Promise<{ readonly power: number; readonly hash: string }> {
  const hash = await blake2b(file);
  const found = Object.entries(known).find(([, each]) => each === hash);
  if (found === undefined) throw new UnknownPowers(file, hash);
  if (Number(found[0]) < power) throw new CeremonyFailed(`${file} has 2^${found[0]} powers, the circuit needs 2^${power}`);
  return { power: Number(found[0]), hash };
}
