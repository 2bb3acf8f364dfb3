// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "./assert-leq.circom";
include "./widths.circom";

// Counts the enabled quotes and holds the count to the quorum.
//
// enabled[N]  any field elements; N < 256
// quorum      8 bits, held by the caller
// count       how many are enabled, 1..N
// enforces    each enabled[i] is 0 or 1; 1 <= quorum <= count
// constraints N + 16
template Quorum(N) {
    assert(N < 256);
    signal input enabled[N];
    signal input quorum;
    signal output count;

    var sum = 0;
    for (var i = 0; i < N; i++) {
        enabled[i] * (enabled[i] - 1) === 0;
        sum += enabled[i];
    }
    count <== sum;
    AssertLeq(QUORUM_BITS())(1, quorum);
    AssertLeq(QUORUM_BITS())(quorum, count);
}
