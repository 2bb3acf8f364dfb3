// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {BlockHashes} from "./BlockHashes.sol";
import {CircuitRegistry} from "./CircuitRegistry.sol";
import {PackedPrice} from "./PackedPrice.sol";
import {IPriceFeed} from "./interfaces/IPriceFeed.sol";
import {IPriceProofVerifier} from "./interfaces/IPriceProofVerifier.sol";
import {BatchedReport, IProvenPrices, PriceReport, PriceTerms} from "./interfaces/IProvenPrices.sol";
import {Circuit, CircuitStatus} from "./interfaces/ICircuitRegistry.sol";

/// @title Prices that a zero-knowledge proof stands behind
/// @dev Of an asset's sources a single proof reads one slot: the hash of their term of the verifying key and of the verifier's code.
/// The report brings the term, so the hash stands for the root, saves its multiplication, and compares the code at each use.
contract ProvenPrices is IProvenPrices, CircuitRegistry {
    using PackedPrice for uint256;

    struct Sources {
        bytes32 commitment;
        uint256 root;
    }

    uint256 private constant SCALAR_FIELD =
        21888242871839275222246405745257275088548364400416034343698204186575808495617;

    /// @dev Price and terms of an asset in one slot; see PackedPrice.
    mapping(uint64 assetId => uint256) private _assets;
    mapping(uint64 assetId => mapping(bytes32 circuitId => Sources)) private _sources;

    /// @param initialAuthority The AccessManager.
    constructor(address initialAuthority) CircuitRegistry(initialAuthority) {}

    /// @inheritdoc IProvenPrices
    function submit(uint256[8] calldata proof, PriceReport calldata report) external {
        uint256 packed = report.packed;
        uint64 assetId = packed.assetId();
        uint256 stored = _assets[assetId];
        bytes32 blockHash = _admit(stored, packed);
        if (!packed.isNewer(stored)) revert PriceProofRejected(PackedPrice.NOT_NEWER);
        _post(assetId, stored, packed);
        _requireProof(assetId, address(0), blockHash, proof, report);
    }

    /// @inheritdoc IProvenPrices
    function submitMany(
        bytes32 circuitId,
        uint256[8][] calldata proofs,
        BatchedReport[] calldata reports
    ) external returns (uint256 posted) {
        uint256 count = reports.length;
        if (count == 0 || proofs.length != count) revert BatchMalformed(proofs.length, count);
        uint256[5][] memory inputs = new uint256[5][](count);
        for (uint256 i = 0; i < count; ++i) {
            bool newer;
            (inputs[i], newer) = _take(circuitId, reports[i]);
            if (newer) ++posted;
        }
        if (!IPriceProofVerifier(usableVerifier(circuitId)).verifyBatch(proofs, inputs)) {
            revert PriceProofRejected(PackedPrice.PROOF_INVALID);
        }
    }

    /// @inheritdoc IProvenPrices
    function provenPrice(
        uint64 assetId,
        address recipient,
        uint256[8] calldata proof,
        PriceReport calldata report
    ) external view returns (uint64 price, uint40 timestamp) {
        uint256 packed = report.packed;
        if (packed.assetId() != assetId) revert PriceProofRejected(PackedPrice.OTHER_ASSET);
        uint256 stored = _assets[assetId];
        if (!packed.isNewer(stored)) return (stored.price(), stored.timestamp());
        _requireProof(assetId, recipient, _admit(stored, packed), proof, report);
        return (packed.price(), packed.quotedFrom());
    }

    /// @inheritdoc IProvenPrices
    function setTerms(uint64 assetId, PriceTerms calldata terms) external restricted {
        if (
            terms.quorum == 0 ||
            terms.maxDeviationBps == 0 ||
            terms.maxDeviationBps > PackedPrice.MAX_DEVIATION_BPS ||
            terms.maxDelaySeconds == 0
        ) revert TermsOutOfRange(terms);
        _assets[assetId] = _assets[assetId].withTerms(terms);
        emit TermsSet(assetId, terms);
    }

    /// @inheritdoc IProvenPrices
    function setSources(uint64 assetId, bytes32 circuitId, uint256 root) external restricted {
        if (root == 0 || root >= SCALAR_FIELD) revert SourcesRootOutOfRange(root);
        uint256[2] memory term = _term(circuitId, root);
        bytes32 codeHash = circuit(circuitId).verifierCodeHash;
        _sources[assetId][circuitId] = Sources(_commitment(term[0], term[1], codeHash), root);
        emit SourcesSet(assetId, circuitId, root);
    }

    /// @inheritdoc IProvenPrices
    function removeSources(uint64 assetId, bytes32 circuitId) external restricted {
        delete _sources[assetId][circuitId];
        emit SourcesSet(assetId, circuitId, 0);
        _drop(assetId); // it may be by these
    }

    /// @inheritdoc IProvenPrices
    function dropPrice(uint64 assetId) external restricted {
        _drop(assetId);
    }

    /// @inheritdoc IPriceFeed
    function latestPrice(uint64 assetId) external view returns (uint64 price, uint40 timestamp, uint40 blockNumber) {
        uint256 stored = _assets[assetId];
        return (stored.price(), stored.timestamp(), stored.blockNumber());
    }

    /// @inheritdoc IProvenPrices
    function termsOf(uint64 assetId) external view returns (PriceTerms memory) {
        return _assets[assetId].terms();
    }

    /// @inheritdoc IProvenPrices
    function sourcesRoot(uint64 assetId, bytes32 circuitId) external view returns (uint256) {
        return _sources[assetId][circuitId].root;
    }

    /// @inheritdoc IProvenPrices
    function sourcesTerm(uint64 assetId, bytes32 circuitId) external view returns (uint256[2] memory) {
        uint256 root = _sources[assetId][circuitId].root;
        if (root == 0) revert PriceProofRejected(PackedPrice.SOURCES_NOT_SET);
        return _term(circuitId, root);
    }

    /// @inheritdoc IProvenPrices
    function contextOf(address recipient, uint256 nonce, bytes32 circuitId) public view returns (uint256 context) {
        assembly ("memory-safe") {
            let free := mload(0x40) // used at once and not kept
            mstore(free, chainid())
            mstore(add(free, 0x20), address())
            mstore(add(free, 0x40), shr(96, shl(96, recipient)))
            mstore(add(free, 0x60), nonce)
            mstore(add(free, 0x80), circuitId)
            context := shr(8, keccak256(free, 0xa0))
        }
    }

    /// @dev All that can be said without the proof and without comparing with the price that is stored.
    /// @return blockHash That of the chain, for the block of the report.
    function _admit(uint256 stored, uint256 packed) private view returns (bytes32 blockHash) {
        uint8 code = stored.refusal(packed);
        if (code != 0) revert PriceProofRejected(code);
        blockHash = BlockHashes.find(packed.blockNumber());
        if (blockHash == 0) revert PriceProofRejected(PackedPrice.BLOCK_NOT_KNOWN);
    }

    function _post(uint64 assetId, uint256 stored, uint256 packed) private {
        _assets[assetId] = stored.withPrice(packed);
        emit PricePosted(assetId, packed.price(), packed.quotedFrom(), packed.blockNumber());
    }

    function _drop(uint64 assetId) private {
        uint256 stored = _assets[assetId];
        uint64 price = stored.price();
        if (price == 0) return;
        _assets[assetId] = stored.withoutPrice();
        emit PriceDropped(assetId, price, stored.timestamp());
    }

    /// @dev Posts a report of a batch if it is newer; that it is true remains to be checked.
    function _take(
        bytes32 circuitId,
        BatchedReport calldata report
    ) private returns (uint256[5] memory inputs, bool newer) {
        uint256 packed = report.packed;
        uint64 assetId = packed.assetId();
        uint256 stored = _assets[assetId];
        bytes32 blockHash = _admit(stored, packed);
        newer = packed.isNewer(stored);
        if (newer) _post(assetId, stored, packed);
        inputs[0] = packed;
        inputs[1] = _sources[assetId][circuitId].root;
        if (inputs[1] == 0) revert PriceProofRejected(PackedPrice.SOURCES_NOT_SET);
        (inputs[2], inputs[3]) = _halves(blockHash);
        inputs[4] = contextOf(address(0), report.nonce, circuitId);
    }

    function _requireProof(
        uint64 assetId,
        address recipient,
        bytes32 blockHash,
        uint256[8] calldata proof,
        PriceReport calldata report
    ) private view {
        bytes32 circuitId = report.circuitId;
        address verifier = _usableVerifier(circuitId);
        bytes32 given = _commitment(report.sourcesTerm[0], report.sourcesTerm[1], verifier.codehash);
        if (given != _sources[assetId][circuitId].commitment) {
            usableVerifier(circuitId); // says so if it is the code that changed
            revert PriceProofRejected(PackedPrice.SOURCES_NOT_SET);
        }
        if (!_verifies(verifier, blockHash, contextOf(recipient, report.nonce, circuitId), proof, report)) {
            revert PriceProofRejected(PackedPrice.PROOF_INVALID);
        }
    }

    /// @dev verifyProofOfSources of the verifier, with its data laid out by hand, as every proof pays for it.
    function _verifies(
        address verifier,
        bytes32 blockHash,
        uint256 context,
        uint256[8] calldata proof,
        PriceReport calldata report
    ) private view returns (bool valid) {
        uint256 selector = uint32(IPriceProofVerifier.verifyProofOfSources.selector);
        assembly ("memory-safe") {
            let free := mload(0x40) // used at once and not kept
            mstore(free, selector)
            calldatacopy(add(free, 0x20), proof, 0x100)
            calldatacopy(add(free, 0x120), add(report, 0x60), 0x40)
            mstore(add(free, 0x160), calldataload(add(report, 0x20)))
            mstore(add(free, 0x180), shr(128, blockHash))
            mstore(add(free, 0x1a0), shr(128, shl(128, blockHash)))
            mstore(add(free, 0x1c0), context)
            let success := staticcall(gas(), verifier, add(free, 0x1c), 0x1c4, 0x00, 0x20)
            valid := and(success, and(eq(returndatasize(), 0x20), eq(mload(0x00), 1)))
        }
    }

    /// @dev Only by the code that was registered, whatever the circuit's status is otherwise.
    function _term(bytes32 circuitId, uint256 root) private view returns (uint256[2] memory) {
        Circuit memory known = circuit(circuitId);
        if (known.status == CircuitStatus.Unknown) revert CircuitHasStatus(circuitId, known.status);
        bytes32 present = known.verifier.codehash;
        if (present != known.verifierCodeHash) {
            revert VerifierCodeChanged(circuitId, known.verifier, known.verifierCodeHash, present);
        }
        return IPriceProofVerifier(known.verifier).sourcesTerm(root);
    }

    function _halves(bytes32 blockHash) private pure returns (uint256 hi, uint256 lo) {
        return (uint256(blockHash) >> 128, uint128(uint256(blockHash)));
    }

    function _commitment(uint256 x, uint256 y, bytes32 codeHash) private pure returns (bytes32 hash) {
        assembly ("memory-safe") {
            let free := mload(0x40) // used at once and not kept
            mstore(free, x)
            mstore(add(free, 0x20), y)
            mstore(add(free, 0x40), codeHash)
            hash := keccak256(free, 0x60)
        }
    }
}
