// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "circomlib/circuits/poseidon.circom";

// Poseidon over any number of field elements: 15 at a time and what came before, zeros behind the last one.
// The number of elements is fixed by the circuit, so that zeros cannot stand for elements; `iv` keeps circuits of other sizes apart.
//
// in[len]     any field elements
// out         the chain's last hash
// enforces    out = chain(in)
// constraints 609 for 15 elements
template PoseidonChain(len, iv) {
    var blocks = (len + 14) \ 15;
    signal input in[len];
    signal output out;

    component hash[blocks];
    for (var b = 0; b < blocks; b++) {
        hash[b] = Poseidon(16);
        if (b == 0) { hash[b].inputs[0] <== iv; } else { hash[b].inputs[0] <== hash[b - 1].out; }
        for (var j = 0; j < 15; j++) {
            var k = 15 * b + j;
            if (k < len) { hash[b].inputs[j + 1] <== in[k]; } else { hash[b].inputs[j + 1] <== 0; }
        }
    }
    out <== hash[blocks - 1].out;
}
