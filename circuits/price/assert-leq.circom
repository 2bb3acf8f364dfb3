// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "./assert-bits.circom";

// Holds a <= b. Range first: with wider numbers b - a may wrap around the field and pass.
//
// a, b        0..2^n, held by the caller; n <= 252
// enforces    a <= b
// constraints as AssertBits(n)
template AssertLeq(n) {
    signal input a;
    signal input b;
    AssertBits(n)(b - a);
}
