/**
 * The seed of this run's random choices: STORE_SEED, or a new one. It is printed, so that a failure can be replayed with
 * STORE_SEED=<seed> hardhat test mocha <file>.
 */
export const seed = Number(process.env["STORE_SEED"] ?? Math.floor(Math.random() * 2 ** 31));
console.log(`STORE_SEED=${seed}`);

/** mulberry32: small, seeded, good enough to choose moments and places. Returns numbers in [0, 1). */
export function random(from: number): () => number {
  let state = from >>> 0;
  return () => {
    state = (state + 0x6d2b79f5) >>> 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32;
  };
}
