// SPDX-License-Identifier: MIT
pragma solidity ^0.8.37;

/// @title Who may sign vouchers
/// @notice The set is changed only by the two restricted functions, so who may change it, and after which delay, is
/// decided by the AccessManager. Granting and revoking are two functions on purpose: give the first a delay and the
/// second none, so that a leaked key is shut out at once while a new one is announced in advance.
interface IVoucherSigners {
    /// @notice `signer` may sign vouchers from now on.
    event SignerGranted(address indexed signer);

    /// @notice `signer` may not sign vouchers any longer; vouchers it signed before are void as well.
    event SignerRevoked(address indexed signer);

    /// @notice No accepted signature: `signer` is what the signature recovers to, or the contract it names. It is not in
    /// the set, or it is a contract that refused. Zero when nothing could be recovered (a high `s`, a `v` that is
    /// neither 27 nor 28) or when zero was to be granted.
    error InvalidSigner(address signer);

    /// @notice Too short to be any of the three forms.
    error InvalidSignatureLength(uint256 length);

    /// @notice Lets `signer`, an account or an ERC-1271 contract, sign vouchers. Restricted.
    function grantSigner(address signer) external;

    /// @notice Stops `signer` from signing vouchers. Restricted. Signing out a signer that is not in the set is allowed:
    /// what counts in an emergency is the state afterwards.
    function revokeSigner(address signer) external;

    /// @notice Whether `account` may sign vouchers.
    function isSigner(address account) external view returns (bool);
}
