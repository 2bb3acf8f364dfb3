// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "./assert-leq.circom";
include "./widths.circom";

// Holds the spread of prices to a bound, in integers and strictly: exactly the bound is too much already.
//
// lowest, highest 64 bits, lowest <= highest, both held by the caller
// maxDeviationBps 14 bits, held by the caller; hundredths of a percent
// enforces        lowest >= 1 and (highest - lowest) * 10000 < maxDeviationBps * lowest
// constraints     79
template DeviationBound() {
    signal input lowest;
    signal input highest;
    signal input maxDeviationBps;

    // A lowest of 0 allows nothing, so that 0 is no price. Both sides are below 2^78: 10000 < 2^14, and the bound has 14 bits.
    signal allowed <== maxDeviationBps * lowest;
    AssertLeq(PRICE_BITS() + DEVIATION_BITS())((highest - lowest) * 10000 + 1, allowed);
}
