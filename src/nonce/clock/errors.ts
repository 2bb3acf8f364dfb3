import { MintdError } from "../../error.ts";

/** Why the time of the chain is not known well enough. */
export type Doubt = "too few blocks" | "contradicted" | "late blocks" | "sources disagree" | "spread" | "stalled" | "catching up";

const why: Readonly<Record<Doubt, string>> = {
  "too few blocks": "too few blocks were seen as they came",
  contradicted: "the newest block contradicts those before it",
  "late blocks": "all of the newest blocks came more than a slot late",
  "sources disagree": "blocks and time sources have no majority",
  spread: "the blocks' arrival times are spread too widely for this network's profile",
  stalled: "no block has come for too long",
  "catching up": "the clock is still being slewed to the chain's time",
};

const hints: Readonly<Record<Doubt, string>> = {
  "too few blocks": "wait for more blocks; npx hardhat clock:show follows them",
  contradicted: "wait for the next blocks: either they agree, or the clock begins anew with them",
  "late blocks": "see whether the endpoint is behind the chain, or the chain behind its own slots; another endpoint helps with the first",
  "sources disagree": "see which of clock.sources is wrong, or whether the endpoint is behind; a third source decides between two",
  spread: "take an endpoint that is nearer, or set clock.sources, which narrow the bound",
  stalled: "wait for the chain, or see whether the endpoint still follows it",
  "catching up": "wait; the clock never goes backward, so it lets the chain's time come to it",
};

/** The largest error bound under which hybrid vouchers are issued, in milliseconds. */
export const MAX_BOUND_MS = 500;

/** The clock does not know the chain's time to within ±500 ms. Nothing was issued. */
export class ClockUncertain extends MintdError {
  readonly code = "CLOCK_UNCERTAIN";
  readonly reason: Doubt;
  /** Infinite where nothing is known. */
  readonly boundMs: number;

  constructor(reason: Doubt, boundMs: number) {
    const bound = Number.isFinite(boundMs) ? `±${Math.ceil(boundMs)} ms` : "without any bound";
    super(`the chain's time is known ${bound}, ±${MAX_BOUND_MS} ms is needed: ${why[reason]}`, { hint: hints[reason] });
    this.reason = reason;
    this.boundMs = boundMs;
  }
}
