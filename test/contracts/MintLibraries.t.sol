// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {HybridNonce} from "../../contracts/mint/HybridNonce.sol";
import {NonceBitmap} from "../../contracts/mint/NonceBitmap.sol";
import {VoucherHash} from "../../contracts/mint/VoucherHash.sol";
import {Redemption} from "../../contracts/mint/interfaces/IVoucherRedeemer.sol";
import {MintTest} from "./MintTest.sol";
import {vm} from "./Vm.sol";

contract HybridNonceTest is MintTest {
    function testFuzz_OfSecond_IsThePackedHash(uint256 txCount, uint64 alignedSecond) public pure {
        eq(
            HybridNonce.ofSecond(txCount, alignedSecond),
            keccak256(abi.encodePacked(txCount, alignedSecond)),
            "ofSecond"
        );
    }

    function testFuzz_Compute_AlignsDown(uint256 txCount, uint64 second, uint16 ms) public pure {
        second = uint64(second % (type(uint64).max / 1000));
        uint64 local = second * 1000 + (ms % 1000);
        eq(HybridNonce.compute(txCount, local), HybridNonce.ofSecond(txCount, second), "compute");
    }

    function test_Compute_ChangesAtTheFullSecondOnly() public pure {
        eq(HybridNonce.compute(1, 1_999), HybridNonce.compute(1, 1_000), "same second");
        yes(HybridNonce.compute(1, 2_000) != HybridNonce.compute(1, 1_999), "next second");
        yes(HybridNonce.compute(2, 1_000) != HybridNonce.compute(1, 1_000), "next number");
    }
}

contract VoucherHashTest is MintTest {
    function testFuzz_OfVoucher_IsTheEncodedHash(Redemption calldata item) public pure {
        eq(VoucherHash.ofVoucher(item), _voucherHash(item), "ofVoucher");
    }

    function testFuzz_OfBatch_IsTheEncodedHash(Redemption[] calldata items) public pure {
        eq(VoucherHash.ofBatch(items), _batchHash(items), "ofBatch");
    }
}

contract NonceBitmapTest is MintTest {
    using NonceBitmap for NonceBitmap.Bitmap;

    NonceBitmap.Bitmap private _bitmap;
    mapping(uint256 number => bool) private _model;

    function useFromOutside(uint256 number) external {
        _bitmap.use(number);
    }

    function test_Use_RevertWhen_Used() public {
        _bitmap.use(300);
        yes(_bitmap.used(300), "used");
        eq(_bitmap.word(1), 1 << 44, "word");
        vm.expectRevert(abi.encodeWithSelector(NonceBitmap.VoucherAlreadyRedeemed.selector, 300));
        this.useFromOutside(300);
    }

    function testFuzz_BehavesLikeASet(uint256[24] memory numbers, uint8 width) public {
        for (uint256 i = 0; i < numbers.length; ++i) {
            uint256 number = numbers[i] >> width; // narrow ones collide
            yes(_bitmap.tryUse(number) == !_model[number], "fresh exactly once");
            _model[number] = true;
            yes(_bitmap.used(number), "used");
        }
        for (uint256 i = 0; i < numbers.length; ++i) {
            uint256 neighbour = (numbers[i] >> width) ^ 1;
            yes(_bitmap.used(neighbour) == _model[neighbour], "neighbours are untouched");
        }
    }

    function testFuzz_Cancel_SetsTheMaskAndReportsWhatWasUnused(uint256 first, uint256 second) public {
        eq(_bitmap.cancel(5, first), first, "all were unused");
        eq(_bitmap.cancel(5, second), second & ~first, "some were");
        eq(_bitmap.word(5), first | second, "word");
        eq(_bitmap.word(4) | _bitmap.word(6), 0, "other words");
    }
}
