import { task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { described, json, metricsPort, text } from "./described.ts";

/** The tasks of circuits and proven prices. */

const circuit = { ...text("circuit", "price3, price7, price14 or price21: its number of sources"), defaultValue: "price7" } as const;
const folder = text("folder", "A finished ceremony; on a local chain the development key where it is empty, made if it is missing");
const sources = text("sources", "JSON list of the sources' public keys; on a local chain development sources where it is empty");
const asset = { ...text("asset", "The asset: a symbol, or its id of 64 bits"), defaultValue: "ETH" } as const;
const term = <Name extends string>(name: Name, what: string, usual: string) =>
  ({ name, description: `${what}; 0: as the asset has it, ${usual} where it has none`, type: ArgumentType.INT, defaultValue: 0 }) as const;
const cid = text(
  "cid",
  "CIDv1 (or its sha2-256 digest) that all of it is published under; where it is empty, that of the folder's manifest",
);
const whole = <Name extends string>(name: Name, description: string, defaultValue: number) =>
  ({ name, description, type: ArgumentType.INT, defaultValue }) as const;

const circuitRegister = task(
  "circuit:register",
  described(
    "Deploys a circuit's verifier, registers and activates the circuit, and lets its sources prove an asset's price, or proposes that to a vote; does nothing where that is done",
    "circuit:register --circuit price3 --asset ETH --network local",
  ),
)
  .addOption(circuit)
  .addOption(folder)
  .addOption(sources)
  .addOption(asset)
  .addOption(term("quorum", "Fewest sources that must agree, above half", "2 of 3, 5 of 7, 10 of 14, 14 of 21"))
  .addOption(term("deviation", "How far apart sources may be, in hundredths of a percent", "50"))
  .addOption(term("maxAge", "Seconds that a quote may be old when it is proven", "60"))
  .addOption(term("maxDelay", "Seconds that a report may be old when it gets to the chain", "60"))
  .addOption(cid)
  .addFlag({ name: "propose", description: "Propose what is missing to a vote: after roles:handover nobody may register it at once" })
  .addOption(text("reason", "With --propose: why; another reason makes another proposal of the same"))
  .addFlag(json)
  .setAction(() => import("./circuit-register.ts"))
  .build();

const circuitVerify = task(
  "circuit:verify",
  described(
    "Compiles a circuit from source and compares all of it with the registry, or before a vote with what is proposed; exit code 1 where something differs",
    "circuit:verify --circuit price3 --proposal 703512 --network local",
  ),
)
  .addOption(circuit)
  .addOption(text("proposal", "Id of a proposal that would register it, as gov:show lists it; the registered one where it is empty"))
  .addOption(folder)
  .addOption(
    text("sources", "With --proposal: JSON list of the public keys of the sources that it should set; not compared where it is empty"),
  )
  .addOption(text("powers", "File of the public powers of tau that the key was made from; nothing but a development key is sound without"))
  .addOption(cid)
  .addFlag(json)
  .setAction(() => import("./circuit-verify.ts"))
  .build();

const priceProve = task(
  "price:prove",
  described(
    "Proves the price that signed quotes agree on, for the newest block, and writes the report",
    'price:prove --circuit price3 --asset ETH --prices "2000.10,2000.20,1999.90" --network local',
  ),
)
  .addOption(circuit)
  .addOption(folder)
  .addOption(sources)
  .addOption(asset)
  .addOption(text("prices", "Prices that development sources sign, by commas; an empty one: that source is silent. Local chains alone"))
  .addOption(text("quotes", "A JSON file of signed quotes"))
  .addOption(text("recipient", "Who alone may use the proof; anybody may post it where this is empty"))
  .addOption({ ...text("out", "File to write the report to"), defaultValue: "price-report.json" })
  .addFlag(json)
  .setAction(() => import("./price-prove.ts"))
  .build();

const priceSubmit = task(
  "price:submit",
  described("Brings a proven price on chain; a refusal is said in words", "price:submit price-report.json --network local"),
)
  .addPositionalArgument({ name: "file", description: "The report, as price:prove wrote it", type: ArgumentType.STRING })
  .addFlag(json)
  .setAction(() => import("./price-submit.ts"))
  .build();

const priceShow = task(
  "price:show",
  described("Shows an asset's proven price, its age, its terms and its sources", "price:show --asset ETH --network local"),
)
  .addOption(asset)
  .addFlag(json)
  .setAction(() => import("./price-show.ts"))
  .build();

const priceKeeper = task(
  "price:keeper",
  described(
    "Keeps assets' proven prices fresh, block by block, until Ctrl+C: asks the sources of prices.sources, proves what they agree on and posts it",
    "price:keeper --assets ETH,BTC --circuit price7 --deviation 50 --heartbeat 3600 --network local",
  ),
)
  .addOption({ ...text("assets", "The assets, by commas: symbols, or ids of 64 bits"), defaultValue: "ETH" })
  .addOption(circuit)
  .addOption(folder)
  .addOption(sources)
  .addOption(whole("deviation", "A price this far from the stored one is posted, in hundredths of a percent", 50))
  .addOption(whole("heartbeat", "A stored price older than this is posted anew, in seconds by the chain's time", 3_600))
  .addOption(whole("workers", "Most proofs that are made at the same time", 1))
  .addOption(metricsPort)
  .addFlag({ name: "once", description: "One pass over all assets, to the end of what it sends; exit code 1 where one has no fresh price" })
  .addFlag({ name: "json", description: "Print JSON for machines: a line for each event, or one document with --once" })
  .setAction(() => import("./price-keeper.ts"))
  .build();

export const priceTasks = [circuitRegister, circuitVerify, priceProve, priceSubmit, priceShow, priceKeeper];
