import type { Definition } from "./definition.ts";

/** What `cast:keeper` tells. No account and no collateral is named: anybody can make new ones. */
export const castKeeperMetrics = {
  events: {
    name: "mintd_cast_keeper_events_total",
    type: "counter",
    group: "castKeeper",
    unit: "events",
    meaning: "events by kind: surveyed, sent, liquidated, unconfirmed, failed, trouble",
    labels: ["kind"],
  },
  errors: {
    name: "mintd_cast_keeper_errors_total",
    type: "counter",
    group: "castKeeper",
    unit: "events",
    meaning:
      "liquidations that failed, and trouble, by the error's code (docs/errors.md) and, of a refusal, the contract's own error; PositionHealthy: somebody else was quicker, or the price rose",
    labels: ["kind", "code", "reason"],
  },
  positions: {
    name: "mintd_cast_keeper_positions",
    type: "gauge",
    group: "castKeeper",
    unit: "positions",
    meaning: "positions that may owe something, as of the last survey; absent before it",
    labels: [],
  },
  uncovered: {
    name: "mintd_cast_keeper_uncovered_positions",
    type: "gauge",
    group: "castKeeper",
    unit: "positions",
    meaning:
      "positions below their ratio as of the last survey, also those whose liquidation is on its way, or not paid for, or not worth it",
    labels: [],
  },
  unjudged: {
    name: "mintd_cast_keeper_unjudged_positions",
    type: "gauge",
    group: "castKeeper",
    unit: "positions",
    meaning: "positions with a debt that nobody can liquidate, as of the last survey: their collateral is paused or has no fresh price",
    labels: [],
  },
  balance: {
    name: "mintd_cast_keeper_balance_cast",
    type: "gauge",
    group: "castKeeper",
    unit: "cast tokens",
    meaning: "cast tokens that the keeper has to pay with, as of the last survey",
    labels: [],
  },
  repaid: {
    name: "mintd_cast_keeper_repaid_cast_total",
    type: "counter",
    group: "castKeeper",
    unit: "cast tokens",
    meaning: "debt paid by liquidations that were mined, each once, as it was reckoned when they were sent",
    labels: [],
  },
  inFlight: {
    name: "mintd_cast_keeper_in_flight_liquidations",
    type: "gauge",
    group: "castKeeper",
    unit: "liquidations",
    meaning: "liquidations that were sent and are not known to be mined",
    labels: [],
  },
  inFlightAge: {
    name: "mintd_cast_keeper_in_flight_age_seconds",
    type: "gauge",
    group: "castKeeper",
    unit: "s",
    meaning: "time since the oldest of them was sent, or taken back by a reorg; 0 without any",
    labels: [],
  },
  block: {
    name: "mintd_cast_keeper_block",
    type: "gauge",
    group: "castKeeper",
    unit: "block",
    meaning: "number of the block of the last survey; absent before it",
    labels: [],
  },
  surveyAge: {
    name: "mintd_cast_keeper_survey_age_seconds",
    type: "gauge",
    group: "castKeeper",
    unit: "s",
    meaning:
      "time since all positions were last read under a new block: it grows while the chain stands still or cannot be read; infinite before the first",
    labels: [],
  },
} as const satisfies Record<string, Definition>;
