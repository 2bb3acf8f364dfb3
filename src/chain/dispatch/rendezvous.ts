import murmurhash from "murmurhash";

/**
 * The lanes in the order in which a user prefers them: highest random weight first. Where a lane comes or goes, only its own
 * users move. Source: Thaler and Ravishankar, "A Name-Based Mapping Scheme for Rendezvous" (1996); the weight is Murmur3.
 */
export function rendezvous(user: string, lanes: readonly string[]): string[] {
  const weighed = lanes.map((lane) => ({ lane, weight: murmurhash.v3(`${lane.toLowerCase()}/${user}`, 0) }));
  // Equal weights are possible with 32 bits; the address decides, so that it does not depend on the order of the lanes.
  return weighed.sort((a, b) => b.weight - a.weight || (a.lane < b.lane ? -1 : 1)).map(({ lane }) => lane);
}
