import { task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";

/** `example` ends the help text of each task. */
const described = (what: string, example: string): string => `${what}. Example: npx hardhat ${example}`;

const json = { name: "json", description: "Print one JSON document for machines" } as const;
const skipInvalid = {
  name: "skipInvalid",
  description: "Mint the good rows and report the bad ones instead of refusing the list",
} as const;
const minter = {
  name: "minter",
  description: "'tokens' (ERC-721) or 'editions' (ERC-1155)",
  type: ArgumentType.STRING,
  defaultValue: "tokens",
} as const;
const csv = {
  name: "csv",
  description: "The list: a CSV file with the columns id, to, quantity and optionally uri",
  type: ArgumentType.FILE,
} as const;

const start = task(
  "start",
  described("Starts a local chain, deploys, mints a list and proves it from the chain", "start examples/mint-list.csv"),
)
  .addPositionalArgument({ ...csv, defaultValue: "examples/mint-list.csv" })
  .addFlag({ name: "fresh", description: "Put the former local chain and its store aside and begin anew" })
  .addFlag(json)
  .setAction(() => import("./start.ts"))
  .build();

const deploy = task(
  "deploy",
  described("Deploys the contracts to a network; does nothing where they are deployed", "deploy --network sepolia"),
)
  .addFlag(json)
  .setAction(() => import("./deploy.ts"))
  .build();

const mintList = task(
  "mint:list",
  described("Mints every row of a list exactly once and waits until all are final", "mint:list examples/mint-list.csv --network local"),
)
  .addPositionalArgument(csv)
  .addOption(minter)
  .addFlag(skipInvalid)
  .addFlag(json)
  .setAction(() => import("./mint-list.ts"))
  .build();

const mintVerify = task(
  "mint:verify",
  described(
    "Proves a list from the chain's logs alone: each row minted once, to the right receiver, final",
    "mint:verify examples/mint-list.csv --network local",
  ),
)
  .addPositionalArgument(csv)
  .addOption(minter)
  .addFlag(skipInvalid)
  .addFlag(json)
  .setAction(() => import("./mint-verify.ts"))
  .build();

const voucherIssue = task(
  "voucher:issue",
  described(
    "Accepts an order and prints its signed voucher, which anybody may redeem",
    "voucher:issue --id gift-1 --to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --out voucher.json",
  ),
)
  .addOption({ name: "id", description: "Idempotency key: the same id is the same order", type: ArgumentType.STRING, defaultValue: "" })
  .addOption({ name: "to", description: "Receiver of the tokens", type: ArgumentType.STRING, defaultValue: "" })
  .addOption({ name: "quantity", description: "Number of tokens", type: ArgumentType.INT, defaultValue: 1 })
  .addOption({ name: "uri", description: "The token's URI; its digest is signed", type: ArgumentType.STRING, defaultValue: "" })
  .addOption({ name: "out", description: "File to write the voucher to", type: ArgumentType.STRING, defaultValue: "" })
  .addOption(minter)
  .addFlag(json)
  .setAction(() => import("./voucher-issue.ts"))
  .build();

const voucherRedeem = task(
  "voucher:redeem",
  described("Redeems a signed voucher and waits until it is final", "voucher:redeem voucher.json --network local"),
)
  .addPositionalArgument({ name: "file", description: "The voucher, as voucher:issue wrote it", type: ArgumentType.STRING })
  .addOption(minter)
  .addFlag(json)
  .setAction(() => import("./voucher-redeem.ts"))
  .build();

const orderShow = task("order:show", described("Shows an order's state and history", "order:show drop-0001 --network local"))
  .addPositionalArgument({ name: "id", description: "The row's id, or the 32-byte order id", type: ArgumentType.STRING })
  .addFlag(json)
  .setAction(() => import("./order-show.ts"))
  .build();

const confirmationsWatch = task(
  "confirmations:watch",
  described(
    "Follows orders to final: drives what is on its way, or looks on where another mintd does",
    "confirmations:watch --network local",
  ),
)
  .addOption(minter)
  .addFlag(json)
  .setAction(() => import("./confirmations-watch.ts"))
  .build();

const nonceShow = task(
  "nonce:show",
  described("Shows the lane's nonces and the voucher numbers that are leased", "nonce:show --network local"),
)
  .addFlag(json)
  .setAction(() => import("./nonce-show.ts"))
  .build();

const compensationList = task(
  "compensation:list",
  described("Lists compensation tasks: what waits, runs, is done, dead or discarded", "compensation:list --state dead --network local"),
)
  .addOption({
    name: "state",
    description: "waiting, running, done, dead or discarded; all where empty",
    type: ArgumentType.STRING,
    defaultValue: "",
  })
  .addOption({ name: "limit", description: "Most tasks to list, oldest first", type: ArgumentType.INT, defaultValue: 100 })
  .addFlag(json)
  .setAction(() => import("./compensation-list.ts"))
  .build();

const compensationReplay = task(
  "compensation:replay",
  described("Gives dead letters another chance, tries counted anew", "compensation:replay order-17 --network local"),
)
  .addPositionalArgument({
    name: "id",
    description: "The task's id, as compensation:list shows it",
    type: ArgumentType.STRING,
    defaultValue: "",
  })
  .addFlag({ name: "all", description: "All dead letters instead of those of one id" })
  .addFlag(json)
  .setAction(() => import("./compensation-replay.ts"))
  .build();

const compensationDiscard = task(
  "compensation:discard",
  described(
    "Gives up the dead letters of an id, and keeps why",
    'compensation:discard order-17 --reason "paid back by hand" --network local',
  ),
)
  .addPositionalArgument({ name: "id", description: "The task's id, as compensation:list shows it", type: ArgumentType.STRING })
  .addOption({ name: "reason", description: "Why, for whoever asks later", type: ArgumentType.STRING, defaultValue: "" })
  .addFlag(json)
  .setAction(() => import("./compensation-discard.ts"))
  .build();

export const tasks = [
  start,
  deploy,
  mintList,
  mintVerify,
  voucherIssue,
  voucherRedeem,
  orderShow,
  confirmationsWatch,
  nonceShow,
  compensationList,
  compensationReplay,
  compensationDiscard,
];
