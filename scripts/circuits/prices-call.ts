import type { TransactionDescription } from "ethers";
import type { Call } from "../../src/cast/index.ts";
import type { IProvenPrices } from "../../types/ethers-contracts/index.ts";
import { isSame } from "../deployment/role-logs.ts";

/** ProvenPrices, to read calls that a proposal makes of it. */
export interface PricesCalled {
  readonly abi: IProvenPrices["interface"];
  readonly address: string;
}

/** The call, where it is one of ProvenPrices itself and can be read: anybody may have proposed anything. Pure. */
export function pricesCall({ abi, address }: PricesCalled, { to, data }: Call): TransactionDescription | undefined {
  if (!isSame(to, address)) return undefined;
  try {
    return abi.parseTransaction({ data }) ?? undefined;
  } catch {
    return undefined; // it cannot be executed
  }
}
