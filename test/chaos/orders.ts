import { getAddress } from "ethers";
import { requestOf } from "../../src/list/mint-list.ts";
import type { MintRequest } from "../../src/order/index.ts";
import { keccak256OfText } from "../../src/keccak/index.ts";
import { toHex } from "../../src/voucher/index.ts";

/** An order that a user is going to send. Its key is the idempotency key, the same each time it is sent. */
export interface PlannedOrder {
  readonly key: string;
  /** Number of the user; all orders of one user go to one address, in the order of their numbers. */
  readonly user: number;
  readonly quantity: number;
}

export const tenant = "chaos";

/** The user's address, which nobody has the key of. */
export const addressOf = (user: number): string => getAddress(toHex(keccak256OfText(`mintd chaos user ${user}`).subarray(12)));

/** What the service is asked for. */
export const requestFor = ({ key, user, quantity }: PlannedOrder): MintRequest =>
  requestOf({ line: 1, id: key, to: addressOf(user), quantity, uri: "" }, tenant);
