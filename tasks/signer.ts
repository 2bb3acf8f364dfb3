import { task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { as } from "./cast.ts";
import { described, json, text } from "./described.ts";

/** The tasks over who signs vouchers. */

const example = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";
const signer = { name: "signer", description: "The account's address", type: ArgumentType.STRING } as const;
const contract = {
  ...text("contract", "VoucherMinter, EditionMinter or CastMinter: which redeems its vouchers"),
  defaultValue: "VoucherMinter",
} as const;

const signerGrant = task(
  "signer:grant",
  described(
    "Makes an account a signer of vouchers: at once, or after roles:handover announced by one run and granted by another a day later",
    `signer:grant ${example} --as 4 --network local`,
  ),
)
  .addPositionalArgument(signer)
  .addOption(contract)
  .addFlag({ name: "warp", description: "On a local chain: move its time to when an announced signer can be granted" })
  .addOption(as)
  .addFlag(json)
  .setAction(() => import("./signer-grant.ts"))
  .build();

const signerRevoke = task(
  "signer:revoke",
  described(
    "Takes a signer out: cancels what announces it, and revokes it where it is granted, which voids its vouchers that are not redeemed yet",
    `signer:revoke ${example} --as 3 --network local`,
  ),
)
  .addPositionalArgument(signer)
  .addOption(contract)
  .addOption(as)
  .addFlag(json)
  .setAction(() => import("./signer-revoke.ts"))
  .build();

const signerShow = task(
  "signer:show",
  described("Shows who signs vouchers, who is announced as a signer and who may cancel that", "signer:show --network local"),
)
  .addPositionalArgument({ ...signer, defaultValue: "" })
  .addOption({ ...contract, description: "One minter; all of them where it is empty", defaultValue: "" })
  .addFlag(json)
  .setAction(() => import("./signer-show.ts"))
  .build();

export const signerTasks = [signerGrant, signerRevoke, signerShow];
