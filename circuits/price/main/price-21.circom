// SPDX-License-Identifier: GPL-3.0-only
pragma circom 2.2.3;

include "../price-aggregation.circom";

component main {public [packed, sourcesRoot, blockHashHi, blockHashLo, context]} = PriceAggregation(21);
