// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "./assert-bits.circom";
include "./widths.circom";

// Binds what the contract knows. Every part has its range, so that `packed` is read in one way only.
//
// packed                   blockNumber (40 bits, lowest) | quorum (8) | maxDeviationBps (14) | maxAge (16) | timestamp (40) |
//                          price (64) | assetId (64), 246 bits
// blockHashHi, blockHashLo halves of a block's hash; the contract compares them with the chain's
// context                  keccak256(chainId, contract, recipient or zero, nonce, circuitId) >> 8: a proof is for one use only
// enforces                 packed is the parts; 128 bits in each half; 248 bits in context
// constraints              752 or so
template PublicInputs() {
    signal input packed;
    signal input blockHashHi;
    signal input blockHashLo;
    signal input context;
    signal input blockNumber;
    signal input quorum;
    signal input maxDeviationBps;
    signal input maxAge;
    signal input timestamp;
    signal input price;
    signal input assetId;

    AssertBits(128)(blockHashHi);
    AssertBits(128)(blockHashLo);
    AssertBits(248)(context);
    AssertBits(BLOCK_BITS())(blockNumber);
    AssertBits(QUORUM_BITS())(quorum);
    AssertBits(DEVIATION_BITS())(maxDeviationBps);
    AssertBits(AGE_BITS())(maxAge);
    AssertBits(TIME_BITS())(timestamp);
    AssertBits(PRICE_BITS())(price);
    AssertBits(ASSET_BITS())(assetId);

    var quorumAt = 1 << BLOCK_BITS();
    var deviationAt = quorumAt << QUORUM_BITS();
    var ageAt = deviationAt << DEVIATION_BITS();
    var timeAt = ageAt << AGE_BITS();
    var priceAt = timeAt << TIME_BITS();
    var assetAt = priceAt << PRICE_BITS();
    packed === blockNumber + quorumAt * quorum + deviationAt * maxDeviationBps + ageAt * maxAge + timeAt * timestamp + priceAt * price + assetAt * assetId;
}
