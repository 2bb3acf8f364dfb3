// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManaged} from "@openzeppelin/contracts/access/manager/AccessManaged.sol";
import {Circuit, CircuitArtifacts, CircuitStatus, ICircuitRegistry} from "./interfaces/ICircuitRegistry.sol";

/// @title The circuits whose proofs are accepted, and what they were made from
contract CircuitRegistry is ICircuitRegistry, AccessManaged {
    /// @inheritdoc ICircuitRegistry
    uint40 public constant MAX_OVERLAP_SECONDS = 30 days;

    mapping(bytes32 circuitId => Circuit) private _circuits;

    /// @param initialAuthority The AccessManager.
    constructor(address initialAuthority) AccessManaged(initialAuthority) {
        // A wrong authority could never be corrected.
        if (initialAuthority.code.length == 0) revert AccessManagedInvalidAuthority(initialAuthority);
    }

    /// @inheritdoc ICircuitRegistry
    function register(
        CircuitArtifacts calldata artifacts,
        address verifier
    ) external restricted returns (bytes32 circuitId) {
        _requireDigest(artifacts.r1cs, 0);
        _requireDigest(artifacts.wasm, 1);
        _requireDigest(artifacts.verifyingKey, 2);
        _requireDigest(artifacts.transcript, 3);
        _requireDigest(artifacts.sources, 4);
        _requireDigest(artifacts.cid, 5);
        if (verifier.code.length == 0) revert VerifierWithoutCode(verifier);
        bytes32 codeHash = verifier.codehash;
        circuitId = computeCircuitId(artifacts, codeHash);
        if (_circuits[circuitId].status != CircuitStatus.Unknown) revert CircuitAlreadyRegistered(circuitId);
        _circuits[circuitId] = Circuit({
            artifacts: artifacts,
            verifierCodeHash: codeHash,
            verifier: verifier,
            usableUntil: 0,
            status: CircuitStatus.Pending
        });
        emit CircuitRegistered(circuitId, verifier, codeHash, artifacts);
    }

    /// @inheritdoc ICircuitRegistry
    function activate(bytes32 circuitId) external restricted {
        Circuit storage known = _circuits[circuitId];
        if (known.status != CircuitStatus.Pending) revert CircuitHasStatus(circuitId, known.status);
        known.status = CircuitStatus.Active;
        _requireSameCode(circuitId, known, known.verifier);
        emit CircuitActivated(circuitId);
    }

    /// @inheritdoc ICircuitRegistry
    function deprecate(bytes32 circuitId, uint40 overlapSeconds) external restricted {
        Circuit storage known = _circuits[circuitId];
        if (known.status != CircuitStatus.Active) revert CircuitHasStatus(circuitId, known.status);
        if (overlapSeconds > MAX_OVERLAP_SECONDS) revert OverlapTooLong(overlapSeconds, MAX_OVERLAP_SECONDS);
        known.status = CircuitStatus.Deprecated;
        known.usableUntil = uint40(block.timestamp) + overlapSeconds;
        emit CircuitDeprecated(circuitId, known.usableUntil);
    }

    /// @inheritdoc ICircuitRegistry
    function freeze(bytes32 circuitId) external restricted {
        Circuit storage known = _circuits[circuitId];
        CircuitStatus status = known.status;
        if (status == CircuitStatus.Unknown || status == CircuitStatus.Frozen) {
            revert CircuitHasStatus(circuitId, status);
        }
        known.status = CircuitStatus.Frozen;
        emit CircuitFrozen(circuitId);
    }

    /// @inheritdoc ICircuitRegistry
    function usableVerifier(bytes32 circuitId) public view returns (address verifier) {
        verifier = _usableVerifier(circuitId);
        _requireSameCode(circuitId, _circuits[circuitId], verifier);
    }

    /// @inheritdoc ICircuitRegistry
    function circuit(bytes32 circuitId) public view returns (Circuit memory) {
        return _circuits[circuitId];
    }

    /// @inheritdoc ICircuitRegistry
    function computeCircuitId(
        CircuitArtifacts calldata artifacts,
        bytes32 verifierCodeHash
    ) public pure returns (bytes32) {
        return keccak256(abi.encode(artifacts, verifierCodeHash));
    }

    /// @dev Without the comparison of the code, which the caller owes.
    function _usableVerifier(bytes32 circuitId) internal view returns (address verifier) {
        Circuit storage known = _circuits[circuitId];
        verifier = known.verifier; // here, so that the slot is read once
        CircuitStatus status = known.status;
        if (status == CircuitStatus.Deprecated) {
            if (block.timestamp > known.usableUntil) revert CircuitExpired(circuitId, known.usableUntil);
        } else if (status != CircuitStatus.Active) {
            revert CircuitHasStatus(circuitId, status);
        }
    }

    function _requireSameCode(bytes32 circuitId, Circuit storage known, address verifier) private view {
        bytes32 registered = known.verifierCodeHash;
        bytes32 present = verifier.codehash;
        if (present != registered) revert VerifierCodeChanged(circuitId, verifier, registered, present);
    }

    function _requireDigest(bytes32 digest, uint256 place) private pure {
        if (digest == 0) revert DigestMissing(place);
    }
}
