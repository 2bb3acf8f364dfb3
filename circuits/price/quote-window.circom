// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "./assert-bits.circom";
include "./assert-leq.circom";
include "./widths.circom";

// Holds an enabled quote to the window [timestamp - maxAge, timestamp].
//
// enabled              0 or 1, held by the caller; where 0 any time passes
// quoteTime, timestamp 40 bits, held by the caller
// maxAge               16 bits, held by the caller
// enforces             where enabled, 0 <= timestamp - quoteTime <= maxAge
// constraints          33
template QuoteWindow() {
    signal input enabled;
    signal input quoteTime;
    signal input timestamp;
    signal input maxAge;

    signal age <== enabled * (timestamp - quoteTime);
    AssertBits(AGE_BITS())(age);
    AssertLeq(AGE_BITS())(age, maxAge);
}
