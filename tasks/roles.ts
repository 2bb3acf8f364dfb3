import { task } from "hardhat/config";
import { described, json, text } from "./described.ts";

/** The tasks over who may do what. */

const rolesShow = task(
  "roles:show",
  described(
    "Shows who has which role and what it may call; exit code 1 on a public network while the deployer has any",
    "roles:show --network local",
  ),
)
  .addFlag(json)
  .setAction(() => import("./roles-show.ts"))
  .build();

const rolesHandover = task(
  "roles:handover",
  described(
    "Gives all roles of the deployer to the timelock and three accounts, for good; stopped in the middle it goes on when run again",
    "roles:handover --guardian 0x90F7… --signer-admin 0x15d3… --curator 0x9965… --network sepolia",
  ),
)
  .addOption(text("guardian", "Who can stop things at once: circuits, sources, prices, collaterals, signers"))
  .addOption(text("signerAdmin", "Who grants signers of vouchers, a day after it announced them"))
  .addOption(text("curator", "Who changes metadata and royalties"))
  .addFlag(json)
  .setAction(() => import("./roles-handover.ts"))
  .build();

export const roleTasks = [rolesShow, rolesHandover];
