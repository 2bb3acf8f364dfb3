// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

import {AccessManager} from "@openzeppelin/contracts/access/manager/AccessManager.sol";
import {IAccessManaged} from "@openzeppelin/contracts/access/manager/IAccessManaged.sol";
import {IAccessManager} from "@openzeppelin/contracts/access/manager/IAccessManager.sol";
import {CircuitRegistry} from "../../../contracts/price/CircuitRegistry.sol";
import {
    Circuit,
    CircuitArtifacts,
    CircuitStatus,
    ICircuitRegistry
} from "../../../contracts/price/interfaces/ICircuitRegistry.sol";
import {Assert, vm} from "../Vm.sol";

contract CircuitRegistryTest is Assert {
    uint40 private constant NOW = 1_900_000_000;
    address private constant VERIFIER = address(0xc1);
    address private constant STRANGER = address(0x57a4);

    AccessManager private _manager;
    CircuitRegistry private _registry;

    function setUp() public {
        vm.warp(NOW);
        _manager = new AccessManager(address(this));
        _registry = new CircuitRegistry(address(_manager));
        vm.etch(VERIFIER, hex"600160005260206000f3");
    }

    function test_Constructor_RevertWhen_TheAuthorityHasNoCode() public {
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedInvalidAuthority.selector, STRANGER));
        new CircuitRegistry(STRANGER);
    }

    function test_Register_KeepsEverythingUnderAnIdThatCommitsToIt() public {
        CircuitArtifacts memory artifacts = _artifacts(1);
        bytes32 wanted = keccak256(
            abi.encode(
                artifacts.r1cs,
                artifacts.wasm,
                artifacts.verifyingKey,
                artifacts.transcript,
                artifacts.sources,
                artifacts.cid,
                VERIFIER.codehash
            )
        );
        vm.expectEmit(address(_registry));
        emit ICircuitRegistry.CircuitRegistered(wanted, VERIFIER, VERIFIER.codehash, artifacts);
        bytes32 id = _registry.register(artifacts, VERIFIER);
        eq(id, wanted, "id");
        eq(_registry.computeCircuitId(artifacts, VERIFIER.codehash), wanted, "computed");
        Circuit memory known = _registry.circuit(id);
        eq(known.verifier, VERIFIER, "verifier");
        eq(known.verifierCodeHash, VERIFIER.codehash, "code hash");
        eq(known.usableUntil, 0, "usable until");
        _expectStatus(id, CircuitStatus.Pending);
        eq(keccak256(abi.encode(known.artifacts)), keccak256(abi.encode(artifacts)), "artifacts");
    }

    function testFuzz_ComputeCircuitId_DependsOnEveryPart(uint256 part, bytes32 other) public view {
        bytes32[7] memory parts;
        for (uint256 i = 0; i < 7; ++i) parts[i] = keccak256(abi.encode(i));
        bytes32 before = _id(parts);
        part %= 7;
        if (other == parts[part]) return;
        parts[part] = other;
        yes(_id(parts) != before, "the id changes");
    }

    function test_Register_RevertWhen_ADigestIsMissing() public {
        for (uint256 place = 0; place < 6; ++place) {
            bytes32[6] memory digests;
            for (uint256 i = 0; i < 6; ++i) digests[i] = bytes32(i == place ? 0 : i + 1);
            CircuitArtifacts memory artifacts = abi.decode(abi.encode(digests), (CircuitArtifacts));
            vm.expectRevert(abi.encodeWithSelector(ICircuitRegistry.DigestMissing.selector, place));
            _registry.register(artifacts, VERIFIER);
        }
    }

    function test_Register_RevertWhen_TheVerifierHasNoCode() public {
        vm.expectRevert(abi.encodeWithSelector(ICircuitRegistry.VerifierWithoutCode.selector, STRANGER));
        _registry.register(_artifacts(1), STRANGER);
    }

    function test_Register_RevertWhen_TheCircuitIsKnown_AlsoWhenFrozen() public {
        bytes32 id = _registry.register(_artifacts(1), VERIFIER);
        vm.expectRevert(abi.encodeWithSelector(ICircuitRegistry.CircuitAlreadyRegistered.selector, id));
        _registry.register(_artifacts(1), VERIFIER);
        _registry.freeze(id);
        vm.expectRevert(abi.encodeWithSelector(ICircuitRegistry.CircuitAlreadyRegistered.selector, id));
        _registry.register(_artifacts(1), VERIFIER);
    }

    function test_Activate_MakesAPendingCircuitUsable() public {
        bytes32 id = _registry.register(_artifacts(1), VERIFIER);
        _expectNotUsable(id, CircuitStatus.Pending);
        vm.expectEmit(address(_registry));
        emit ICircuitRegistry.CircuitActivated(id);
        _registry.activate(id);
        _expectStatus(id, CircuitStatus.Active);
        eq(_registry.usableVerifier(id), VERIFIER, "usable");
    }

    function test_Activate_RevertWhen_TheCodeIsNotTheRegisteredOne() public {
        bytes32 id = _registry.register(_artifacts(1), VERIFIER);
        bytes32 registered = VERIFIER.codehash;
        vm.etch(VERIFIER, hex"00");
        _expectCodeChanged(id, registered);
        _registry.activate(id);
    }

    function test_Deprecate_LetsOldAndNewOverlapToTheSecond() public {
        bytes32 old = _active(1);
        bytes32 successor = _active(2);
        vm.expectEmit(address(_registry));
        emit ICircuitRegistry.CircuitDeprecated(old, NOW + 3 days);
        _registry.deprecate(old, 3 days);
        _expectStatus(old, CircuitStatus.Deprecated);
        eq(_registry.circuit(old).usableUntil, NOW + 3 days, "usable until");
        vm.warp(NOW + 3 days);
        eq(_registry.usableVerifier(old), VERIFIER, "old");
        eq(_registry.usableVerifier(successor), VERIFIER, "successor");
        vm.warp(NOW + 3 days + 1);
        vm.expectRevert(abi.encodeWithSelector(ICircuitRegistry.CircuitExpired.selector, old, NOW + 3 days));
        _registry.usableVerifier(old);
        eq(_registry.usableVerifier(successor), VERIFIER, "successor");
    }

    function test_Deprecate_RevertWhen_TheOverlapIsTooLong() public {
        bytes32 id = _active(1);
        uint40 max = _registry.MAX_OVERLAP_SECONDS();
        eq(max, 30 days, "max");
        vm.expectRevert(abi.encodeWithSelector(ICircuitRegistry.OverlapTooLong.selector, max + 1, max));
        _registry.deprecate(id, max + 1);
        _registry.deprecate(id, max);
    }

    function test_Freeze_EndsEveryStatusAtOnceAndForEver() public {
        bytes32 pending = _registry.register(_artifacts(1), VERIFIER);
        bytes32 active = _active(2);
        bytes32 deprecated = _active(3);
        _registry.deprecate(deprecated, 1 days);
        bytes32[3] memory ids = [pending, active, deprecated];
        for (uint256 i = 0; i < 3; ++i) {
            vm.expectEmit(address(_registry));
            emit ICircuitRegistry.CircuitFrozen(ids[i]);
            _registry.freeze(ids[i]);
            _expectStatus(ids[i], CircuitStatus.Frozen);
            _expectNotUsable(ids[i], CircuitStatus.Frozen);
            _expectNoMove(ids[i], CircuitStatus.Frozen, true, true, true);
        }
    }

    function test_NoStatusIsSkippedOrTakenBack() public {
        bytes32 unknown = keccak256("unknown");
        _expectNotUsable(unknown, CircuitStatus.Unknown);
        _expectNoMove(unknown, CircuitStatus.Unknown, true, true, true);
        bytes32 id = _registry.register(_artifacts(1), VERIFIER);
        _expectNoMove(id, CircuitStatus.Pending, false, true, false);
        _registry.activate(id);
        _expectNoMove(id, CircuitStatus.Active, true, false, false);
        _registry.deprecate(id, 1 days);
        _expectNoMove(id, CircuitStatus.Deprecated, true, true, false);
    }

    function test_UsableVerifier_RevertWhen_TheCodeIsNotTheRegisteredOne() public {
        bytes32 id = _active(1);
        bytes32 registered = VERIFIER.codehash;
        vm.etch(VERIFIER, hex"600060005260206000f3");
        _expectCodeChanged(id, registered);
        _registry.usableVerifier(id);
        vm.etch(VERIFIER, "");
        _expectCodeChanged(id, registered);
        _registry.usableVerifier(id);
    }

    function test_UsableVerifier_RevertWhen_TheCodeOfADeprecatedCircuitChanged() public {
        bytes32 id = _active(1);
        bytes32 registered = VERIFIER.codehash;
        _registry.deprecate(id, 1 days);
        vm.etch(VERIFIER, hex"00");
        _expectCodeChanged(id, registered);
        _registry.usableVerifier(id);
    }

    function test_EveryChange_RevertWhen_TheRoleIsMissing() public {
        bytes32 id = _registry.register(_artifacts(1), VERIFIER);
        _expectUnauthorized();
        _registry.register(_artifacts(2), VERIFIER);
        _expectUnauthorized();
        _registry.activate(id);
        _expectUnauthorized();
        _registry.freeze(id);
        _registry.activate(id);
        _expectUnauthorized();
        _registry.deprecate(id, 0);
    }

    function test_Activate_WaitsForTheDelayOfItsRole() public {
        bytes32 id = _registry.register(_artifacts(1), VERIFIER);
        bytes4[] memory selectors = new bytes4[](1);
        selectors[0] = ICircuitRegistry.activate.selector;
        _manager.setTargetFunctionRole(address(_registry), selectors, 7);
        _manager.grantRole(7, STRANGER, 2 days);
        bytes memory call = abi.encodeCall(ICircuitRegistry.activate, (id));
        vm.prank(STRANGER);
        (bytes32 operation, ) = _manager.schedule(address(_registry), call, 0);
        vm.warp(NOW + 2 days - 1);
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IAccessManager.AccessManagerNotReady.selector, operation));
        _registry.activate(id);
        vm.warp(NOW + 2 days);
        vm.prank(STRANGER);
        _registry.activate(id);
        eq(_registry.usableVerifier(id), VERIFIER, "usable");
    }

    function _artifacts(uint256 seed) private pure returns (CircuitArtifacts memory) {
        return
            CircuitArtifacts({
                r1cs: keccak256(abi.encode("r1cs", seed)),
                wasm: keccak256(abi.encode("wasm", seed)),
                verifyingKey: keccak256(abi.encode("key", seed)),
                transcript: keccak256(abi.encode("transcript", seed)),
                sources: keccak256(abi.encode("sources", seed)),
                cid: keccak256(abi.encode("cid", seed))
            });
    }

    function _id(bytes32[7] memory parts) private view returns (bytes32) {
        CircuitArtifacts memory artifacts = abi.decode(abi.encode(parts), (CircuitArtifacts));
        return _registry.computeCircuitId(artifacts, parts[6]);
    }

    function _active(uint256 seed) private returns (bytes32 id) {
        id = _registry.register(_artifacts(seed), VERIFIER);
        _registry.activate(id);
    }

    function _expectStatus(bytes32 id, CircuitStatus status) private view {
        eq(uint256(_registry.circuit(id).status), uint256(status), "status");
    }

    function _expectNotUsable(bytes32 id, CircuitStatus status) private {
        vm.expectRevert(abi.encodeWithSelector(ICircuitRegistry.CircuitHasStatus.selector, id, status));
        _registry.usableVerifier(id);
    }

    function _expectNoMove(bytes32 id, CircuitStatus status, bool activate, bool deprecate, bool freeze) private {
        bytes memory refusal = abi.encodeWithSelector(ICircuitRegistry.CircuitHasStatus.selector, id, status);
        if (activate) {
            vm.expectRevert(refusal);
            _registry.activate(id);
        }
        if (deprecate) {
            vm.expectRevert(refusal);
            _registry.deprecate(id, 0);
        }
        if (freeze) {
            vm.expectRevert(refusal);
            _registry.freeze(id);
        }
    }

    function _expectCodeChanged(bytes32 id, bytes32 registered) private {
        vm.expectRevert(
            abi.encodeWithSelector(
                ICircuitRegistry.VerifierCodeChanged.selector,
                id,
                VERIFIER,
                registered,
                VERIFIER.codehash
            )
        );
    }

    function _expectUnauthorized() private {
        vm.prank(STRANGER);
        vm.expectRevert(abi.encodeWithSelector(IAccessManaged.AccessManagedUnauthorized.selector, STRANGER));
    }
}
