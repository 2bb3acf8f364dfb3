// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Unordered voucher numbers, 256 to a storage slot
/// @dev Numbers must be dense: the first number of a word costs 22,100 gas, each of the other 255 costs 5,000 (100 when
/// the word was already touched in this transaction). A bit that is set is never cleared.
library NonceBitmap {
    struct Word {
        uint256 bits;
    }

    struct Bitmap {
        mapping(uint256 wordIndex => Word) words;
    }

    /// @notice The number was redeemed before, or cancelled.
    error VoucherAlreadyRedeemed(uint256 txCount);

    /// @notice Marks `number` used, or reverts when it was.
    function use(Bitmap storage self, uint256 number) internal {
        if (!tryUse(self, number)) revert VoucherAlreadyRedeemed(number);
    }

    /// @notice Marks `number` used.
    /// @return fresh Whether it was unused until now.
    function tryUse(Bitmap storage self, uint256 number) internal returns (bool fresh) {
        Word storage holder = self.words[number >> 8]; // a struct, so that its slot is computed once
        uint256 bit = 1 << (number & 0xff);
        uint256 before = holder.bits;
        fresh = before & bit == 0;
        if (fresh) holder.bits = before | bit;
    }

    /// @notice Whether `number` is used.
    function used(Bitmap storage self, uint256 number) internal view returns (bool) {
        return self.words[number >> 8].bits & (1 << (number & 0xff)) != 0;
    }

    /// @notice The 256 numbers from `wordIndex * 256` on, lowest number in the lowest bit.
    function word(Bitmap storage self, uint256 wordIndex) internal view returns (uint256) {
        return self.words[wordIndex].bits;
    }

    /// @notice Marks every number of `mask` used.
    /// @return cancelled The bits of `mask` that were unused until now.
    function cancel(Bitmap storage self, uint256 wordIndex, uint256 mask) internal returns (uint256 cancelled) {
        uint256 before = self.words[wordIndex].bits;
        cancelled = mask & ~before;
        self.words[wordIndex].bits = before | mask;
    }
}
