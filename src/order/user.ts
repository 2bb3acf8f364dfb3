import type { MintRequest } from "./events.ts";

/**
 * The user whom an order belongs to: its receiver, within the tenant. Orders of one user are minted in the order in which
 * they were accepted; whoever receives tokens is who sees in which order they came.
 */
export const userOf = ({ tenant, to }: Pick<MintRequest, "tenant" | "to">): string => `${tenant}/${to.toLowerCase()}`;
