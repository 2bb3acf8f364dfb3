// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {IERC2981} from "@openzeppelin/contracts/interfaces/IERC2981.sol";

/// @title One ERC-2981 royalty for the whole collection
interface IRestrictedRoyalty is IERC2981 {
    /// @notice From now on `royaltyBps` of each sale are due to `receiver`.
    event RoyaltySet(address indexed receiver, uint96 royaltyBps);

    /// @notice Sets the royalty. Restricted. Until then there is none; zero basis points end it.
    /// @param receiver Who is to be paid; not zero.
    /// @param royaltyBps Basis points of the sale price, at most 10,000.
    function setRoyalty(address receiver, uint96 royaltyBps) external;
}
