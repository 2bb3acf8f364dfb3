/** A contract that takes one call and reverts at every further one: what a repetition would do to a mint. In EVM assembly: */
const runtime = "600054600c57600160005500" + "5b60006000fd"; // sload(0) ? revert : sstore(0, 1)
/** Deploys it. */
export const onlyOnceCode = `0x6012600c60003960126000f3${runtime}` as const;

export const onlyOnceAbi = ["function call()"] as const;
