import { buildModule } from "@nomicfoundation/ignition-core";
import { id } from "ethers";

/** Roles of the AccessManager. 0 is its own admin role, which may give these away. */
export const roles = { signerAdmin: 1n, guardian: 2n, curator: 3n } as const;

const selectors = (...signatures: string[]): string[] => signatures.map((signature) => id(signature).slice(0, 10));

/**
 * One AccessManager, both minters, and who may call what: signers are granted by the signer admin, revoked (and their
 * vouchers cancelled) by the guardian, metadata is the curator's. The deployer holds all of them until it gives them away.
 */
export default buildModule("Mint", (m) => {
  const admin = m.getAccount(0);
  const manager = m.contract("AccessManager", [admin]);
  const voucherMinter = m.contract("VoucherMinter", [
    manager,
    m.getParameter("name", "mintd"),
    m.getParameter("symbol", "MINT"),
    m.getParameter("baseURI", ""),
  ]);
  const editionMinter = m.contract("EditionMinter", [
    manager,
    m.getParameter("editionName", "mintd editions"),
    m.getParameter("editionSymbol", "MINTE"),
    m.getParameter("editionURI", ""),
  ]);
  for (const [role, number] of Object.entries(roles)) m.call(manager, "grantRole", [number, admin, 0], { id: `grant_${role}` });
  for (const [minter, setURI, name] of [
    [voucherMinter, "setBaseURI(string)", "voucherMinter"],
    [editionMinter, "setURI(string)", "editionMinter"],
  ] as const) {
    const may = (role: keyof typeof roles, ...functions: string[]) =>
      m.call(manager, "setTargetFunctionRole", [minter, selectors(...functions), roles[role]], { id: `${name}_${role}` });
    may("signerAdmin", "grantSigner(address)");
    may("guardian", "revokeSigner(address)", "cancel(uint256,uint256)");
    may("curator", setURI, "setRoyalty(address,uint96)");
  }
  return { manager, voucherMinter, editionMinter };
});
