// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "./agreed-price.circom";
include "./poseidon-chain.circom";
include "./public-inputs.circom";
include "./quote-window.circom";
include "./signed-quote.circom";

// The statement: of N registered sources at least `quorum` signed a price of the asset within the window, these prices are no
// further apart than the bound, and `price` is their lower median. Slot i belongs to key i, so that no source counts twice.
//
// Who proves picks the enabled slots, so the quorum must be above N / 2 and the faults that are to be tolerated.
// A registered key must be on the curve, in its subgroup, and registered once: whoever sets sourcesRoot holds that.
//
// public      packed, sourcesRoot, blockHashHi, blockHashLo, context (PublicInputs)
// private     the parts of packed, and of each slot: enabled, key, signature, price and time
// constraints see circuits/constraints.json; nine tenths of them are signatures
template PriceAggregation(N) {
    signal input packed;
    signal input sourcesRoot;
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

    signal input enabled[N];
    signal input Ax[N];
    signal input Ay[N];
    signal input R8x[N];
    signal input R8y[N];
    signal input S[N];
    signal input prices[N];
    signal input times[N];

    PublicInputs()(packed, blockHashHi, blockHashLo, context, blockNumber, quorum, maxDeviationBps, maxAge, timestamp, price, assetId);

    signal keys[2 * N];
    for (var i = 0; i < N; i++) {
        keys[2 * i] <== Ax[i];
        keys[2 * i + 1] <== Ay[i];
    }
    signal root <== PoseidonChain(2 * N, N)(keys);
    sourcesRoot === root;

    for (var i = 0; i < N; i++) {
        SignedQuote()(enabled[i], Ax[i], Ay[i], R8x[i], R8y[i], S[i], assetId, prices[i], times[i]);
        QuoteWindow()(enabled[i], times[i], timestamp, maxAge);
    }

    signal agreed <== AgreedPrice(N)(enabled, prices, quorum, maxDeviationBps);
    price === agreed;
}
