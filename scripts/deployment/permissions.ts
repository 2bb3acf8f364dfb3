import { id } from "ethers";

/** Roles of the AccessManager by their numbers. The admin gives and takes all of them; a vote decides what the governor's may do. */
export const roles = { admin: 0n, signerAdmin: 1n, guardian: 2n, curator: 3n, governor: 4n } as const;

export type Role = keyof typeof roles;

type Permissions = Readonly<Record<string, Partial<Record<Exclude<Role, "admin">, readonly string[]>>>>;

const stopVouchers = ["revokeSigner(address)", "cancel(uint256,uint256)"];
const terms = "(uint64,uint16,uint16,uint16,uint16,uint40,uint24)";

/** Of the mint contracts: signers are granted by the signer admin, revoked (and their vouchers cancelled) by the guardian. */
export const mintPermissions = {
  voucherMinter: {
    signerAdmin: ["grantSigner(address)"],
    guardian: stopVouchers,
    curator: ["setBaseURI(string)", "setRoyalty(address,uint96)"],
  },
  editionMinter: {
    signerAdmin: ["grantSigner(address)"],
    guardian: stopVouchers,
    curator: ["setURI(string)", "setRoyalty(address,uint96)"],
  },
} as const satisfies Permissions;

/** Of the cast contracts: the guardian can only stop things, at once; what starts or changes them is the governor's. */
export const castPermissions = {
  prices: {
    governor: [
      "register((bytes32,bytes32,bytes32,bytes32,bytes32,bytes32),address)",
      "activate(bytes32)",
      "deprecate(bytes32,uint40)",
      "setTerms(uint64,(uint8,uint16,uint16,uint16))",
      "setSources(uint64,bytes32,uint256)",
    ],
    guardian: ["freeze(bytes32)", "removeSources(uint64,bytes32)", "dropPrice(uint64)"],
  },
  vault: {
    governor: [
      `addCollateral(address,${terms})`,
      "setRatio(address,uint16)",
      "setLimits(address,uint40,uint24)",
      "setCharges(address,uint16,uint16)",
      "setMaxPriceAge(address,uint16)",
      "unpause(address)",
      "pauseFor(address,uint32)",
      "collectFees(address)",
    ],
    guardian: ["pause(address)"],
  },
  castMinter: {
    signerAdmin: ["grantSigner(address)"],
    guardian: stopVouchers,
  },
} as const satisfies Permissions;

/** The first four bytes of a call. */
export const selectorOf = (signature: string): string => id(signature).slice(0, 10);

/** What each role may call of a contract, as setTargetFunctionRole takes it. */
export function grantsOf(permissions: Permissions[string]): { readonly role: Role; readonly selectors: string[] }[] {
  return Object.entries(permissions).map(([role, signatures]) => ({ role: role as Role, selectors: signatures.map(selectorOf) }));
}

/** Every function that has a role, by the contract's name in a deployment's record. */
export const governed: readonly { readonly contract: string; readonly signature: string }[] = Object.entries({
  VoucherMinter: mintPermissions.voucherMinter,
  EditionMinter: mintPermissions.editionMinter,
  ProvenPrices: castPermissions.prices,
  CollateralVault: castPermissions.vault,
  CastMinter: castPermissions.castMinter,
} as Permissions).flatMap(([contract, byRole]) =>
  Object.values(byRole)
    .flat()
    .map((signature) => ({ contract, signature })),
);
