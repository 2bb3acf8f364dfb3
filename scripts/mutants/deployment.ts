import type { Mutant } from "./mutant.ts";

/** Of the wiring: who has which role, and who gets it. */
export const deploymentMutants: readonly Mutant[] = [
  {
    name: "the timelock is no governor",
    file: "scripts/deployment/cast-module.ts",
    from: 'm.call(manager, "grantRole", [roles.governor, timelock, 0], { id: "grant_timelock" });',
    to: "",
  },
  {
    name: "the deployer stays admin of the timelock",
    file: "scripts/deployment/cast-module.ts",
    from: 'm.call(timelock, "renounceRole"',
    to: "void (null",
  },
  { name: "a vote sets no ratio", file: "scripts/deployment/permissions.ts", from: '"setRatio(address,uint16)",', to: "" },
  {
    name: "the governor pauses",
    file: "scripts/deployment/permissions.ts",
    from: '    ],\n    guardian: ["pause(address)"],',
    to: '      "pause(address)",\n    ],',
  },
  {
    name: "the guardian grants signers",
    file: "scripts/deployment/permissions.ts",
    from: 'castMinter: {\n    signerAdmin: ["grantSigner(address)"],\n    guardian: stopVouchers,',
    to: 'castMinter: {\n    guardian: [...stopVouchers, "grantSigner(address)"],',
  },
  {
    name: "the timelock does not become admin",
    file: "scripts/deployment/handover.ts",
    from: '{ name: "admin", to: timelock.address, delay: 0 },',
    to: "",
  },
  {
    name: "the deployer stays admin",
    file: "scripts/deployment/handover.ts",
    from: "if (isAdmin) steps.push(",
    to: "if (false) steps.push(",
  },
  { name: "a new signer is not announced", file: "scripts/deployment/handover.ts", from: "delay: signerDelaySeconds }", to: "delay: 0 }" },
  { name: "strangers keep their roles", file: "scripts/deployment/handover.ts", from: "if (!stranger) return;", to: "return;" },
];
