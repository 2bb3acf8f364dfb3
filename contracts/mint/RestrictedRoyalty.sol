// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {ERC2981} from "@openzeppelin/contracts/token/common/ERC2981.sol";
import {IRestrictedRoyalty} from "./interfaces/IRestrictedRoyalty.sol";

/// @title One royalty for the whole collection, set through the AccessManager
abstract contract RestrictedRoyalty is AccessManaged, ERC2981, IRestrictedRoyalty {
    /// @inheritdoc IRestrictedRoyalty
    function setRoyalty(address receiver, uint96 royaltyBps) external restricted {
        _setDefaultRoyalty(receiver, royaltyBps);
        emit RoyaltySet(receiver, royaltyBps);
    }
}
