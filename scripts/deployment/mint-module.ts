import { buildModule } from "@nomicfoundation/ignition-core";
import { grantsOf, mintPermissions, roles } from "./permissions.ts";

/**
 * One AccessManager, both minters, and who may call what of them. The deployer is admin and holds every role until
 * `roles:handover`.
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
  for (const role of ["signerAdmin", "guardian", "curator"] as const) {
    m.call(manager, "grantRole", [roles[role], admin, 0], { id: `grant_${role}` });
  }
  for (const [name, target] of Object.entries({ voucherMinter, editionMinter })) {
    for (const { role, selectors } of grantsOf(mintPermissions[name as keyof typeof mintPermissions])) {
      m.call(manager, "setTargetFunctionRole", [target, selectors, roles[role]], { id: `${name}_${role}` });
    }
  }
  return { manager, voucherMinter, editionMinter };
});
