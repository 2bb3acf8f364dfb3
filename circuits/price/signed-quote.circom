// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "circomlib/circuits/babyjub.circom";
include "circomlib/circuits/eddsaposeidon.circom";
include "./assert-bits.circom";
include "./widths.circom";

// One source's signed price. The message is packed into one field element instead of hashed:
// domain (64 bits) | assetId (64) | price (64) | timestamp (40), 232 bits, so that no two quotes are one message.
//
// enabled          0 or 1, held by the caller; where 0 the signature is not looked at
// Ax, Ay           the source's key. On the curve and in its subgroup of prime order: registration holds that, no circuit does
// R8x, R8y, S      the signature
// assetId          64 bits, held by the caller
// price, timestamp of the quote; the unit of price is the asset's own, timestamp is in seconds since 1970
// enforces         price in 64 bits, timestamp in 40, R8 on the curve (circomlib's verifier does not check it), S below the
//                  subgroup's order (no second encoding of a signature), and where enabled the signature
// constraints      4,330 or so
template SignedQuote() {
    signal input enabled;
    signal input Ax;
    signal input Ay;
    signal input R8x;
    signal input R8y;
    signal input S;
    signal input assetId;
    signal input price;
    signal input timestamp;

    AssertBits(PRICE_BITS())(price);
    AssertBits(TIME_BITS())(timestamp);
    BabyCheck()(x <== R8x, y <== R8y);

    var priceAt = 1 << TIME_BITS();
    var assetAt = priceAt << PRICE_BITS();
    var domainAt = assetAt << ASSET_BITS();
    signal message <== timestamp + priceAt * price + assetAt * assetId + domainAt * QUOTE_DOMAIN();
    EdDSAPoseidonVerifier()(enabled <== enabled, Ax <== Ax, Ay <== Ay, S <== S, R8x <== R8x, R8y <== R8y, M <== message);
}
