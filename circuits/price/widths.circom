// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

// Widths in bits of everything that is packed. src/price/widths.ts has the same numbers; a test compares them.

function PRICE_BITS() { return 64; }
function ASSET_BITS() { return 64; }
function TIME_BITS() { return 40; }
function AGE_BITS() { return 16; }
function DEVIATION_BITS() { return 14; }
function QUORUM_BITS() { return 8; }
function BLOCK_BITS() { return 40; }

// First 64 bits of every signed message, "mintdpx1" in ASCII: a signature for anything else is none for a price.
function QUOTE_DOMAIN() { return 0x6d696e7464707831; }
