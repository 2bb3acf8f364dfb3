// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {PriceTerms} from "./interfaces/IProvenPrices.sol";

/// @title A price and its terms in one word
/// @dev The lower 182 bits are those of the public input `packed`: blockNumber(40), quorum(8), maxDeviationBps(14), maxAge(16),
/// timestamp(40), price(64). Above them a report has its assetId(64) and nothing, a stored word maxDelaySeconds(16) and nothing.
/// In a stored word quorum, deviation and age are what a report must meet, not what one has met, and the timestamp is the second
/// from which the quotes of its price are: a report's timestamp less its maxAge.
library PackedPrice {
    uint256 internal constant MAX_DEVIATION_BPS = 0x3fff;

    // As in src/price/errors.ts.
    uint8 internal constant PRICE_OUT_OF_RANGE = 0x13;
    uint8 internal constant QUOTE_TOO_OLD = 0x14;
    uint8 internal constant QUORUM_NOT_REACHED = 0x16;
    uint8 internal constant DEVIATION_TOO_LARGE = 0x17;

    // Of the contract alone.
    uint8 internal constant REPORT_MALFORMED = 0x20;
    uint8 internal constant TERMS_NOT_SET = 0x21;
    uint8 internal constant BLOCK_NOT_KNOWN = 0x22;
    uint8 internal constant NOT_NEWER = 0x23;
    uint8 internal constant TIMESTAMP_IN_FUTURE = 0x24;
    uint8 internal constant REPORT_TOO_OLD = 0x25;
    uint8 internal constant SOURCES_NOT_SET = 0x26;
    uint8 internal constant PROOF_INVALID = 0x27;
    uint8 internal constant OTHER_ASSET = 0x28;

    uint256 private constant QUORUM_AT = 40;
    uint256 private constant DEVIATION_AT = 48;
    uint256 private constant AGE_AT = 62;
    uint256 private constant TIME_AT = 78;
    uint256 private constant PRICE_AT = 118;
    uint256 private constant ASSET_AT = 182;
    uint256 private constant DELAY_AT = 182;
    uint256 private constant END = 246;

    /// @dev quorum and maxDeviationBps, which a report mostly has as they were set; its maxAge hardly ever.
    uint256 private constant AGREEMENT = (2 ** 22 - 1) << QUORUM_AT;

    uint256 private constant AGE = (2 ** 16 - 1) << AGE_AT;

    /// @dev blockNumber, timestamp and price.
    uint256 private constant POSTED = (2 ** 40 - 1) | ((2 ** 104 - 1) << TIME_AT);

    function blockNumber(uint256 word) internal pure returns (uint40) {
        return uint40(word);
    }

    function timestamp(uint256 word) internal pure returns (uint40) {
        return uint40(word >> TIME_AT);
    }

    function price(uint256 word) internal pure returns (uint64) {
        return uint64(word >> PRICE_AT);
    }

    function assetId(uint256 packed) internal pure returns (uint64) {
        return uint64(packed >> ASSET_AT);
    }

    function terms(uint256 stored) internal pure returns (PriceTerms memory) {
        return
            PriceTerms({
                quorum: uint8(stored >> QUORUM_AT),
                maxDeviationBps: uint16((stored >> DEVIATION_AT) & MAX_DEVIATION_BPS),
                maxAgeSeconds: uint16(stored >> AGE_AT),
                maxDelaySeconds: uint16(stored >> DELAY_AT)
            });
    }

    /// @notice The stored word with other terms.
    function withTerms(uint256 stored, PriceTerms memory t) internal pure returns (uint256) {
        return
            (stored & POSTED) |
            (uint256(t.quorum) << QUORUM_AT) |
            (uint256(t.maxDeviationBps) << DEVIATION_AT) |
            (uint256(t.maxAgeSeconds) << AGE_AT) |
            (uint256(t.maxDelaySeconds) << DELAY_AT);
    }

    /// @notice The stored word with the price of a report that is newer.
    function withPrice(uint256 stored, uint256 packed) internal pure returns (uint256) {
        unchecked {
            return (stored & ~POSTED) | ((packed & POSTED) - ((packed & AGE) << (TIME_AT - AGE_AT)));
        }
    }

    /// @notice The stored word without its price. Its second stays, so that nothing older comes instead.
    function withoutPrice(uint256 stored) internal pure returns (uint256) {
        return stored & ~(uint256(type(uint64).max) << PRICE_AT);
    }

    /// @notice The second from which the quotes of a report are, none being older. Only of a report that is newer than some stored
    /// word: then it is above 0.
    function quotedFrom(uint256 packed) internal pure returns (uint40) {
        unchecked {
            return uint40((packed >> TIME_AT) - uint16(packed >> AGE_AT));
        }
    }

    /// @notice Whether the report is newer than what is stored: whether its quotes are from a later second on. Timestamps do not tell,
    /// as whoever proves may set them up to maxAge after quotes that are long outdated; heights tell nothing of quotes at all.
    function isNewer(uint256 packed, uint256 stored) internal pure returns (bool) {
        unchecked {
            return uint40(packed >> TIME_AT) > uint256(uint40(stored >> TIME_AT)) + uint16(packed >> AGE_AT);
        }
    }

    /// @notice Why a report does not meet the stored terms now; 0 if it does.
    function refusal(uint256 stored, uint256 packed) internal view returns (uint8) {
        if (packed >> END != 0) return REPORT_MALFORMED;
        uint256 maxDelaySeconds = stored >> DELAY_AT;
        if (maxDelaySeconds == 0) return TERMS_NOT_SET;
        if (price(packed) == 0) return PRICE_OUT_OF_RANGE;
        if ((stored ^ packed) & AGREEMENT != 0) {
            PriceTerms memory set = terms(stored);
            PriceTerms memory met = terms(packed);
            if (met.quorum < set.quorum) return QUORUM_NOT_REACHED;
            if (met.maxDeviationBps > set.maxDeviationBps) return DEVIATION_TOO_LARGE;
        }
        if (packed & AGE > stored & AGE) return QUOTE_TOO_OLD;
        uint256 agreedAt = timestamp(packed); // 40 bits and 16: their sum cannot overflow
        unchecked {
            if (block.timestamp > agreedAt + maxDelaySeconds) return REPORT_TOO_OLD;
        }
        if (agreedAt > block.timestamp) return TIMESTAMP_IN_FUTURE;
        return 0;
    }
}
