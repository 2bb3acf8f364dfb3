// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @notice What a circuit was made from, so that anybody can make it again and compare. None is zero.
/// @param r1cs SHA-256 of the constraint system.
/// @param wasm SHA-256 of the witness program.
/// @param verifyingKey SHA-256 of the verifying key in JSON.
/// @param transcript SHA-256 of the transcript of the ceremony.
/// @param sources SHA-256 over the circuit's sources.
/// @param cid Digest in the multihash (sha2-256) of the CID under which all of these are published.
struct CircuitArtifacts {
    bytes32 r1cs;
    bytes32 wasm;
    bytes32 verifyingKey;
    bytes32 transcript;
    bytes32 sources;
    bytes32 cid;
}

/// @notice Where a circuit is in its life; it only moves on.
/// @param Unknown Never registered.
/// @param Pending Published for review, not usable yet.
/// @param Active Usable.
/// @param Deprecated Usable until the end of its overlap with its successor.
/// @param Frozen Not usable, for ever.
enum CircuitStatus {
    Unknown,
    Pending,
    Active,
    Deprecated,
    Frozen
}

/// @notice All that is known of a circuit.
/// @param artifacts What it was made from.
/// @param verifierCodeHash EXTCODEHASH of the verifier when it was registered.
/// @param verifier The contract that verifies proofs of this circuit.
/// @param usableUntil The last second in which a deprecated circuit is usable, Unix time; zero before.
/// @param status Where it is in its life.
struct Circuit {
    CircuitArtifacts artifacts;
    bytes32 verifierCodeHash;
    address verifier;
    uint40 usableUntil;
    CircuitStatus status;
}

/// @title The circuits whose proofs are accepted, and what they were made from
/// @notice The id of a circuit is keccak256(abi.encode(CircuitArtifacts, verifierCodeHash)): it commits to every artifact and to
/// the code that verifies, so no id can ever mean something else.
///
///     Pending -> Active -> Deprecated -> Frozen, and from each straight to Frozen
///
/// Every change is restricted. Give `activate` the delay of a timelock and `freeze` none: a new circuit is announced, a broken one
/// is shut out at once. Several circuits may be usable at the same time; that is how an old one hands over to a new one.
///
/// The code hash says that the verifier is the code that was registered. It says nothing about a verifier that delegates to other
/// code (a proxy, an EIP-7702 account): register none.
interface ICircuitRegistry {
    /// @notice A circuit was registered and can be reviewed.
    event CircuitRegistered(
        bytes32 indexed circuitId,
        address indexed verifier,
        bytes32 verifierCodeHash,
        CircuitArtifacts artifacts
    );

    /// @notice Proofs of the circuit are accepted from now on.
    event CircuitActivated(bytes32 indexed circuitId);

    /// @notice Proofs of the circuit are accepted up to and including the second `usableUntil`.
    event CircuitDeprecated(bytes32 indexed circuitId, uint40 usableUntil);

    /// @notice No proof of the circuit will be accepted again.
    event CircuitFrozen(bytes32 indexed circuitId);

    /// @notice The same artifacts with the same verifier code were registered before.
    error CircuitAlreadyRegistered(bytes32 circuitId);

    /// @notice The circuit's status does not allow what was asked for.
    error CircuitHasStatus(bytes32 circuitId, CircuitStatus status);

    /// @notice The overlap of a deprecated circuit has ended.
    error CircuitExpired(bytes32 circuitId, uint40 usableUntil);

    /// @notice The artifact at this place of CircuitArtifacts, from 0, has no digest.
    error DigestMissing(uint256 place);

    /// @notice The verifier has no code.
    error VerifierWithoutCode(address verifier);

    /// @notice The verifier's code is not the one that was registered.
    error VerifierCodeChanged(bytes32 circuitId, address verifier, bytes32 registered, bytes32 present);

    /// @notice An overlap longer than MAX_OVERLAP_SECONDS.
    error OverlapTooLong(uint40 overlapSeconds, uint40 maxSeconds);

    /// @notice Registers a circuit for review. Restricted.
    /// @param artifacts What it was made from.
    /// @param verifier A deployed verifier.
    /// @return circuitId Its id.
    function register(CircuitArtifacts calldata artifacts, address verifier) external returns (bytes32 circuitId);

    /// @notice Makes a pending circuit usable. Restricted.
    function activate(bytes32 circuitId) external;

    /// @notice Ends an active circuit's use after an overlap. Restricted.
    /// @param circuitId Which circuit.
    /// @param overlapSeconds How long it stays usable, 0 to MAX_OVERLAP_SECONDS.
    function deprecate(bytes32 circuitId, uint40 overlapSeconds) external;

    /// @notice Ends a circuit's use at once and for ever, whatever its status. Restricted.
    function freeze(bytes32 circuitId) external;

    /// @notice The verifier to ask about a proof of the circuit now. Reverts with CircuitHasStatus, CircuitExpired or
    /// VerifierCodeChanged when none may be asked. Ask again each time.
    function usableVerifier(bytes32 circuitId) external view returns (address verifier);

    /// @notice All that is known of a circuit; its status is Unknown, and the rest zero, if that is nothing.
    function circuit(bytes32 circuitId) external view returns (Circuit memory);

    /// @notice The id that a circuit has or would have.
    function computeCircuitId(
        CircuitArtifacts calldata artifacts,
        bytes32 verifierCodeHash
    ) external pure returns (bytes32);

    /// @notice The longest overlap of a deprecated circuit with its successor.
    function MAX_OVERLAP_SECONDS() external view returns (uint40);
}
