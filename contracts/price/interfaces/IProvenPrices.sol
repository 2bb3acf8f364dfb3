// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {ICircuitRegistry} from "./ICircuitRegistry.sol";
import {IPriceFeed} from "./IPriceFeed.sol";

/// @notice What a proof says, beside what the contract knows by itself.
/// @param circuitId The circuit, as it is registered.
/// @param packed The public input of this name: blockNumber(40), quorum(8), maxDeviationBps(14), maxAge(16), timestamp(40),
/// price(64), assetId(64), from the lowest bit.
/// @param nonce Any number; the proof is bound to it.
/// @param sourcesTerm What `sourcesTerm` gives for the asset and the circuit.
struct PriceReport {
    bytes32 circuitId;
    uint256 packed;
    uint256 nonce;
    uint256[2] sourcesTerm;
}

/// @notice A report of a batch; the circuit is that of the batch.
struct BatchedReport {
    uint256 packed;
    uint256 nonce;
}

/// @notice What a report of an asset must meet.
/// @param quorum The fewest sources that agree, from 1.
/// @param maxDeviationBps The widest bound on (highest - lowest) / lowest, in 1/10,000, from 1 to 16,383.
/// @param maxAgeSeconds The oldest that a quote may be at the report's timestamp. The younger the report says they are, the better.
/// @param maxDelaySeconds The oldest that the report's timestamp may be when it gets here.
struct PriceTerms {
    uint8 quorum;
    uint16 maxDeviationBps;
    uint16 maxAgeSeconds;
    uint16 maxDelaySeconds;
}

/// @title Prices that a zero-knowledge proof stands behind
/// @notice A report is bound to a block of the last 300, whose hash the contract takes from the chain, and to this contract, this
/// chain and a circuit. It is accepted if its timestamp is not in the future and not too old, the asset's terms are met, the proof
/// is one of a usable circuit by the asset's sources, and its quotes are from a later second on than those of the stored price.
/// Anybody may bring one.
///
/// A report's timestamp is the prover's to choose, up to maxAge after its quotes. The second of a price is therefore the one from
/// which its quotes are, the report's timestamp less its maxAge: it is what is stored, what the next report must be above, and
/// what a price's age counts from. That prevents a replay too, never the bytes of a proof, which anybody can change. Bring a
/// report with the smallest maxAge that is true, or whoever has the quotes in between can replace its price by theirs.
///
/// A refusal has a code that never changes; those below 0x20 mean what they mean in src/price; docs/circuits.md has them all. What is
/// wrong with the circuit itself is an error of ICircuitRegistry, which this contract is too, since each proof would pay for asking
/// another one.
interface IProvenPrices is IPriceFeed, ICircuitRegistry {
    /// @notice A newer price is stored. No quote behind it is older than `timestamp`.
    event PricePosted(uint64 indexed assetId, uint64 price, uint40 timestamp, uint40 blockNumber);

    /// @notice There is no price of the asset until one is posted whose quotes are from after `timestamp` on.
    event PriceDropped(uint64 indexed assetId, uint64 price, uint40 timestamp);
    event TermsSet(uint64 indexed assetId, PriceTerms terms);

    /// @notice `sourcesRoot` is 0 where the circuit's proofs of the asset are not accepted any longer.
    event SourcesSet(uint64 indexed assetId, bytes32 indexed circuitId, uint256 sourcesRoot);

    /// @notice The report is not accepted; docs/circuits.md says what each code means.
    error PriceProofRejected(uint8 code);

    /// @notice No reports, or not as many as proofs.
    error BatchMalformed(uint256 proofs, uint256 reports);

    /// @notice A quorum, deviation or delay of 0, or a deviation of more than 14 bits.
    error TermsOutOfRange(PriceTerms terms);

    /// @notice The root is 0 or not below the scalar field's order.
    error SourcesRootOutOfRange(uint256 sourcesRoot);

    /// @notice Stores the price of a report for everybody. The proof's context has no recipient.
    function submit(uint256[8] calldata proof, PriceReport calldata report) external;

    /// @notice The same for many reports of one circuit. A false proof, or a report that is refused, reverts all of them; one that
    /// is only not newer than what is stored is passed over, so that nobody can stop a batch by bringing a part of it.
    /// @return posted How many prices were stored.
    function submitMany(
        bytes32 circuitId,
        uint256[8][] calldata proofs,
        BatchedReport[] calldata reports
    ) external returns (uint256 posted);

    /// @notice The price that `recipient` may use now by a proof of its own, of whose context it is the recipient. Nothing is stored.
    /// If what is stored is as new, that is the answer and the proof is not looked at: whoever is overtaken is not stopped.
    /// @param assetId The report must be of this asset.
    /// @return price As `latestPrice` has it, and so is the timestamp.
    function provenPrice(
        uint64 assetId,
        address recipient,
        uint256[8] calldata proof,
        PriceReport calldata report
    ) external view returns (uint64 price, uint40 timestamp);

    /// @notice Changes what reports of an asset must meet. Restricted. The stored price stays.
    function setTerms(uint64 assetId, PriceTerms calldata terms) external;

    /// @notice Accepts proofs of a circuit by a set of sources for an asset. Restricted. Whoever computes the root holds that each key
    /// is a point of its subgroup and there once; no circuit does. Several circuits may serve one asset, for a change from one to
    /// the other. The circuit has to be registered; whether it is usable is asked at each use.
    function setSources(uint64 assetId, bytes32 circuitId, uint256 sourcesRoot) external;

    /// @notice Ends that, and drops the asset's price, which may be by these sources. Restricted; give it no delay.
    function removeSources(uint64 assetId, bytes32 circuitId) external;

    /// @notice Ends the use of an asset's price until a newer one is posted; nothing where there is none. A circuit that is frozen
    /// leaves the prices that it proved: drop those as well. Restricted; give it no delay.
    function dropPrice(uint64 assetId) external;

    /// @notice What a report of the asset must meet; zeros if it has no terms.
    function termsOf(uint64 assetId) external view returns (PriceTerms memory);

    /// @notice The set of sources of an asset for a circuit; 0 if there is none.
    function sourcesRoot(uint64 assetId, bytes32 circuitId) external view returns (uint256);

    /// @notice What a report needs as `sourcesTerm`; it changes with `setSources` only.
    function sourcesTerm(uint64 assetId, bytes32 circuitId) external view returns (uint256[2] memory);

    /// @notice The public input of this name: keccak256(abi.encode(chainId, this contract, recipient, nonce, circuitId)) >> 8.
    /// @param recipient Zero for `submit` and `submitMany`.
    function contextOf(address recipient, uint256 nonce, bytes32 circuitId) external view returns (uint256);
}
