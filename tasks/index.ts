import { overrideTask, task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { castTasks } from "./cast.ts";
import { described, json, text } from "./described.ts";
import { govTasks } from "./gov.ts";
import { priceTasks } from "./prices.ts";
import { roleTasks } from "./roles.ts";
import { signerTasks } from "./signer.ts";

const skipInvalid = {
  name: "skipInvalid",
  description: "Mint the good rows and report the bad ones instead of refusing the list",
} as const;
const minter = {
  name: "minter",
  description:
    "'tokens' (ERC-721), 'editions' (ERC-1155) or 'cast' (cast tokens: a quantity is in hundredths, 10000 are 100.00 cast, and the uri is the collateral's address)",
  type: ArgumentType.STRING,
  defaultValue: "tokens",
} as const;
const csv = {
  name: "csv",
  description: "The list: a CSV file with the columns id, to, quantity and optionally uri",
  type: ArgumentType.FILE,
} as const;

/** Hardhat's own task, which every deployment begins with. */
export const build = overrideTask("build")
  .setAction(() => import("./build.ts"))
  .build();

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
  .addFlag({ name: "cast", description: "Also the contracts of cast tokens, proven prices and the vote over them" })
  .addOption(text("weth", "With --cast: address of the chain's wrapped ether; on a local chain one is deployed where it is empty"))
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
    "Accepts orders and signs their vouchers, which anybody may redeem; needs no chain",
    "voucher:issue --count 500 --to 0x70997970C51812dc3A010C7d01b50e0d17dc79C8 --out vouchers.jsonl",
  ),
)
  .addOption(text("id", "One voucher of this idempotency key: the same id is the same order"))
  .addOption({ name: "count", description: "So many vouchers of one batch", type: ArgumentType.INT, defaultValue: 0 })
  .addOption(text("list", "A voucher for each row of a CSV file, as mint:list takes it"))
  .addOption(text("to", "Receiver of the tokens"))
  .addOption({ name: "quantity", description: "Number of tokens", type: ArgumentType.INT, defaultValue: 1 })
  .addOption(text("uri", "The token's URI; its digest is signed"))
  .addOption(text("from", "When the 300 s begin: an ISO time, or +seconds; now where empty"))
  .addOption(text("batch", "The id of a batch that was begun before: the same vouchers again, and those that are missing"))
  .addFlag({ name: "renew", description: "A new window, under the same number, for vouchers that have expired" })
  .addOption(text("out", "File to write to: one voucher as JSON, many as JSON lines"))
  .addOption(minter)
  .addFlag(json)
  .setAction(() => import("./voucher-issue.ts"))
  .build();

const voucherVerify = task(
  "voucher:verify",
  described(
    "Says of each voucher of a file whether it can be redeemed; exit code 1 where one never can, or no more",
    "voucher:verify vouchers.jsonl --chain --network local",
  ),
)
  .addPositionalArgument({ name: "file", description: "Vouchers, as voucher:issue wrote them", type: ArgumentType.STRING })
  .addFlag({ name: "chain", description: "Ask the chain besides: its time, the signer's right, and what became of each number" })
  .addOption(minter)
  .addFlag(json)
  .setAction(() => import("./voucher-verify.ts"))
  .build();

const voucherCancel = task(
  "voucher:cancel",
  described(
    "Cancels vouchers on chain by word and mask, and closes their orders when that is final",
    "voucher:cancel --expired --dry-run --network local",
  ),
)
  .addVariadicArgument({
    name: "what",
    description: "Files of vouchers, ids of orders",
    type: ArgumentType.STRING,
    defaultValue: [],
  })
  .addFlag({ name: "expired", description: "All vouchers of this store that have expired" })
  .addOption(text("word", "Word of the bitmap: the voucher's number / 256"))
  .addOption(text("mask", "Bits of the word, as 0x and hexadecimal digits"))
  .addFlag({
    name: "foreign",
    description: "Also numbers that another store or tool issued; never those that this store has still to give out",
  })
  .addFlag({ name: "dryRun", description: "Only show what would be cancelled" })
  .addOption(minter)
  .addFlag(json)
  .setAction(() => import("./voucher-cancel.ts"))
  .build();

const voucherRedeem = task(
  "voucher:redeem",
  described("Redeems a signed voucher and waits until it is final", "voucher:redeem voucher.json --network local"),
)
  .addPositionalArgument({ name: "file", description: "The voucher, as voucher:issue wrote it", type: ArgumentType.STRING })
  .addOption({ name: "line", description: "The voucher's line, where the file has many", type: ArgumentType.INT, defaultValue: 0 })
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
  described("Shows the lanes' nonces, the shards of the voucher numbers and what is leased for them", "nonce:show --network local"),
)
  .addFlag(json)
  .setAction(() => import("./nonce-show.ts"))
  .build();

const nonceLease = task(
  "nonce:lease",
  described(
    "Leases whole words of voucher numbers to an issuer of its own; mintd, which must not run meanwhile, will never use them",
    "nonce:lease --words 4 --node partner-1 --network local",
  ),
)
  .addOption({ name: "words", description: "Words of 256 numbers, 1 to 65536", type: ArgumentType.INT, defaultValue: 1 })
  .addOption({ name: "node", description: "Name of whoever is to have them", type: ArgumentType.STRING, defaultValue: "apart" })
  .addOption(minter)
  .addFlag(json)
  .setAction(() => import("./nonce-lease.ts"))
  .build();

const clockShow = task(
  "clock:show",
  described(
    "Follows a chain's blocks and shows its time, the error bound, and whether hybrid vouchers may be issued",
    "clock:show --network base",
  ),
)
  .addOption({
    name: "blocks",
    description: "Blocks to follow; 0: until the bound is within 500 ms, or the window is full",
    type: ArgumentType.INT,
    defaultValue: 0,
  })
  .addFlag(json)
  .setAction(() => import("./clock-show.ts"))
  .build();

const metricsShow = task(
  "metrics:show",
  described(
    "Shows the metrics of the mintd, or the keeper, that runs and serves them (telemetry.port, --metrics-port)",
    "metrics:show --port 9464",
  ),
)
  .addOption({
    name: "port",
    description: "Port of 127.0.0.1 that serves them; 0: the setting telemetry.port",
    type: ArgumentType.INT,
    defaultValue: 0,
  })
  .addFlag(json)
  .setAction(() => import("./metrics-show.ts"))
  .build();

const laneAddress = { name: "lane", description: "The lane's address", type: ArgumentType.STRING } as const;

const laneShow = task("lane:show", described("Shows each lane's duty, balance, nonces and sums", "lane:show --network local"))
  .addFlag(json)
  .setAction(() => import("./lane-show.ts"))
  .build();

const laneDuty = task(
  "lane:duty",
  described(
    "Pauses a lane (its users wait), drains it (its users go elsewhere) or opens it again",
    "lane:duty 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC draining --network local",
  ),
)
  .addPositionalArgument(laneAddress)
  .addPositionalArgument({ name: "duty", description: "open, paused or draining", type: ArgumentType.STRING })
  .addFlag(json)
  .setAction(() => import("./lane-duty.ts"))
  .build();

const laneCancel = task(
  "lane:cancel",
  described(
    "Lets a no-op take a nonce of a lane; its orders are minted by another one",
    "lane:cancel 0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC 17 --network local",
  ),
)
  .addPositionalArgument(laneAddress)
  .addPositionalArgument({ name: "nonce", description: "The account nonce, as nonce:show lists it", type: ArgumentType.INT })
  .addFlag(json)
  .setAction(() => import("./lane-cancel.ts"))
  .build();

const laneFund = task("lane:fund", described("Sends ETH from the admin to lanes that have less", "lane:fund --to 0.5 --network local"))
  .addOption({ ...laneAddress, description: "One lane's address; all where empty", defaultValue: "" })
  .addOption({ name: "to", description: "ETH that each is to have", type: ArgumentType.STRING, defaultValue: "0.5" })
  .addFlag(json)
  .setAction(() => import("./lane-fund.ts"))
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
  voucherVerify,
  voucherRedeem,
  voucherCancel,
  orderShow,
  confirmationsWatch,
  nonceShow,
  nonceLease,
  clockShow,
  metricsShow,
  laneShow,
  laneDuty,
  laneCancel,
  laneFund,
  compensationList,
  compensationReplay,
  compensationDiscard,
  ...priceTasks,
  ...castTasks,
  ...govTasks,
  ...roleTasks,
  ...signerTasks,
];
