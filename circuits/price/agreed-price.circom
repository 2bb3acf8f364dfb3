// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "./deviation-bound.circom";
include "./lower-median.circom";
include "./quorum.circom";
include "./sorted-permutation.circom";
include "./widths.circom";

// What the enabled quotes agree on. A disabled quote stands behind all others as 2^64, which no price is.
//
// enabled[N]      any field elements
// prices[N]       64 bits, held by the caller
// quorum          8 bits, held by the caller
// maxDeviationBps 14 bits, held by the caller
// price           the lower median of the enabled prices
// enforces        enabled are bits, at least `quorum` of them set, and no enabled price is 0 or too far from another
// constraints     see circuits/constraints.json
template AgreedPrice(N) {
    signal input enabled[N];
    signal input prices[N];
    signal input quorum;
    signal input maxDeviationBps;
    signal output price;

    signal count <== Quorum(N)(enabled, quorum);

    var absent = 1 << PRICE_BITS();
    signal counted[N];
    for (var i = 0; i < N; i++) {
        counted[i] <== absent + enabled[i] * (prices[i] - absent);
    }
    signal sorted[N] <== SortedPermutation(N, PRICE_BITS() + 1)(counted);
    signal highest;
    (price, highest) <== LowerMedian(N)(sorted, count);
    DeviationBound()(sorted[0], highest, maxDeviationBps);
}
