import type { MintRequest } from "./events.ts";

/**
 * The user whom an order belongs to: tenant and receiver. A user maps to one lane, so a user's orders are minted in the order
 * in which they were accepted; the receiver is who sees that order, whoever asked for the mints. The tenant keeps two
 * tenants that mint to one receiver from waiting for each other. Lower case, since a checksum is spelling and not identity.
 */
export const userOf = ({ tenant, to }: Pick<MintRequest, "tenant" | "to">): string => `${tenant}/${to.toLowerCase()}`;
