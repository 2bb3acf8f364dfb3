// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "./assert-leq.circom";

// Sorts. moved[i][j] says that out[i] is in[j]. Rows and columns must both sum to 1: with rows alone one number may be taken
// twice and another left out, and 99999 was the median of {100, 101, 99999}.
//
// in[N]       0..2^n - 1, held by the caller
// out[N]      the same numbers, ascending
// enforces    out is a permutation of in, and out[i] <= out[i + 1]
// constraints 2 N^2 + (N - 1) (n + 1), less what is substituted
template SortedPermutation(N, n) {
    signal input in[N];
    signal output out[N];
    signal moved[N][N];
    signal taken[N][N];

    // Where each goes: how many are smaller, or equal and before it.
    var rank[N];
    for (var j = 0; j < N; j++) {
        rank[j] = 0;
        for (var k = 0; k < N; k++) {
            if (in[k] < in[j] || (in[k] == in[j] && k < j)) { rank[j] += 1; }
        }
    }

    var columns[N];
    for (var j = 0; j < N; j++) { columns[j] = 0; }
    for (var i = 0; i < N; i++) {
        var row = 0;
        var value = 0;
        for (var j = 0; j < N; j++) {
            moved[i][j] <-- rank[j] == i ? 1 : 0; // pinned by: a bit, and the only one of its row and of its column
            moved[i][j] * (moved[i][j] - 1) === 0;
            taken[i][j] <== moved[i][j] * in[j];
            row += moved[i][j];
            columns[j] += moved[i][j];
            value += taken[i][j];
        }
        row === 1;
        out[i] <== value;
    }
    for (var j = 0; j < N; j++) {
        columns[j] === 1;
    }
    for (var i = 0; i < N - 1; i++) {
        AssertLeq(n)(out[i], out[i + 1]);
    }
}
