import { task } from "hardhat/config";
import { ArgumentType } from "hardhat/types/arguments";
import { described, json, text } from "./described.ts";

/** The tasks of circuits and proven prices. */

const circuit = { ...text("circuit", "price3, price7, price14 or price21: its number of sources"), defaultValue: "price7" } as const;
const folder = text("folder", "A finished ceremony; on a local chain the development key where it is empty, made if it is missing");
const sources = text("sources", "JSON list of the sources' public keys; on a local chain development sources where it is empty");
const asset = { ...text("asset", "The asset's id, 64 bits"), defaultValue: "1" } as const;
const whole = <Name extends string>(name: Name, description: string, defaultValue: number) =>
  ({ name, description, type: ArgumentType.INT, defaultValue }) as const;

const circuitRegister = task(
  "circuit:register",
  described(
    "Deploys a circuit's verifier, registers and activates the circuit, and lets its sources prove an asset's price; does nothing where that is done",
    "circuit:register --circuit price3 --asset 1 --network local",
  ),
)
  .addOption(circuit)
  .addOption(folder)
  .addOption(sources)
  .addOption(asset)
  .addOption(whole("quorum", "Fewest sources that must agree, above half; 0: just above half. Terms are set where the asset has none", 0))
  .addOption(whole("deviation", "How far apart sources may be, in hundredths of a percent", 50))
  .addOption(whole("maxAge", "Seconds that a quote may be old when it is proven", 60))
  .addOption(whole("maxDelay", "Seconds that a report may be old when it gets to the chain", 300))
  .addFlag(json)
  .setAction(() => import("./circuit-register.ts"))
  .build();

export const priceTasks = [circuitRegister];
