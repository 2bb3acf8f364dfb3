import { poseidon16 } from "poseidon-lite/poseidon16";
import { isSourceKey, type SourceKey } from "./eddsa.ts";
import { InvalidSourceSet } from "./errors.ts";

/** Poseidon over any number of field elements, 15 at a time and what came before; the circuit's PoseidonChain. */
export function poseidonChain(elements: readonly bigint[], iv: bigint): bigint {
  let hash = iv;
  for (let at = 0; at < elements.length; at += 15) {
    const block = elements.slice(at, at + 15);
    hash = poseidon16([hash, ...block, ...Array<bigint>(15 - block.length).fill(0n)]);
  }
  return hash;
}

/**
 * The public input that stands for a set of sources. Slot i of the circuit belongs to the i-th key.
 *
 * The circuit believes its keys, so what makes a set safe is held here and wherever a root is registered: every key is on the
 * curve and in its subgroup, and none is there twice (it would count twice). Ascending x makes one root of one set.
 * @throws InvalidSourceSet
 */
export function sourcesRoot(keys: readonly SourceKey[]): bigint {
  if (keys.length === 0) throw new InvalidSourceSet("there are none");
  keys.forEach((key, at) => {
    if (!isSourceKey(key)) throw new InvalidSourceSet(`key ${at} is not a point of Baby Jubjub's subgroup`);
    const before = keys[at - 1];
    if (before !== undefined && before.x >= key.x) throw new InvalidSourceSet(`key ${at} does not come after key ${at - 1}`);
  });
  return poseidonChain(
    keys.flatMap(({ x, y }) => [x, y]),
    BigInt(keys.length),
  );
}
