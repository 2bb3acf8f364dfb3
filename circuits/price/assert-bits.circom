// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "circomlib/circuits/bitify.circom";

// Holds `in` to the range 0 <= in < 2^n. n must be below 254: at 254 a number has two encodings (in, and in + p).
//
// in          any field element
// enforces    0 <= in < 2^n
// constraints n + 1 at most; the last one is linear and is substituted away where `in` is no public input
template AssertBits(n) {
    assert(n < 254);
    signal input in;
    signal bits[n] <== Num2Bits(n)(in);
}
