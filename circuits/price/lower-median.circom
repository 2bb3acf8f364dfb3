// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

// The lower median and the highest of the first `count` of sorted numbers: elements of them, never an average.
//
// sorted[N]   ascending, held by the caller
// count       1..N, held by the caller (Quorum)
// median      sorted[floor((count - 1) / 2)]
// highest     sorted[count - 1]
// enforces    just that
// constraints 29 for N = 7
template LowerMedian(N) {
    signal input sorted[N];
    signal input count;
    signal output median;
    signal output highest;

    signal half;
    signal odd;
    half <-- (count - 1) \ 2; // pinned by: 0..N - 1, since one of atHalf is set, and twice it with the bit `odd` is count - 1
    odd <-- (count - 1) % 2; // pinned by: a bit, and the same sum
    odd * (odd - 1) === 0;
    2 * half + odd === count - 1;

    signal atHalf[N];
    signal atLast[N];
    signal halfValue[N];
    signal lastValue[N];
    var halves = 0;
    var lasts = 0;
    var halfSum = 0;
    var lastSum = 0;
    for (var i = 0; i < N; i++) {
        atHalf[i] <-- half == i ? 1 : 0; // pinned by: 0 where half is not i, and all of them sum to 1
        atLast[i] <-- count - 1 == i ? 1 : 0; // pinned by: 0 where count - 1 is not i, and all of them sum to 1
        atHalf[i] * (half - i) === 0;
        atLast[i] * (count - 1 - i) === 0;
        halfValue[i] <== atHalf[i] * sorted[i];
        lastValue[i] <== atLast[i] * sorted[i];
        halves += atHalf[i];
        lasts += atLast[i];
        halfSum += halfValue[i];
        lastSum += lastValue[i];
    }
    halves === 1;
    lasts === 1;
    median <== halfSum;
    highest <== lastSum;
}
