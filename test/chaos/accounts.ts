import { HDNodeWallet } from "ethers";
import { rendezvous } from "../../src/chain/dispatch/rendezvous.ts";
import { userOf } from "../../src/order/index.ts";
import { addressOf, tenant } from "./orders.ts";

/** Accounts that anvil funds; the first four are the admin's, the voucher signer's and others' already. */
export const laneAccounts: readonly HDNodeWallet[] = [4, 5, 6].map((index) =>
  HDNodeWallet.fromPhrase("test test test test test test test test test test test junk", "", `m/44'/60'/0'/0/${index}`),
);

export const laneAddresses: readonly string[] = laneAccounts.map(({ address }) => address);

/** A user for each lane whose orders go there first. */
export const usersOfLanes: readonly number[] = laneAddresses.map((lane) => {
  for (let user = 0; ; user++) if (rendezvous(userOf({ tenant, to: addressOf(user) }), laneAddresses)[0] === lane) return user;
});
