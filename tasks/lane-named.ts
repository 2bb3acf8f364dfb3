import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { LaneUnknown } from "../src/chain/index.ts";
import { addressOf, taskContext } from "./context.ts";

/** The lane of this address among the configured ones, checksummed. @throws LaneUnknown */
export async function laneNamed(hre: HardhatRuntimeEnvironment, name: string): Promise<string> {
  const { keys } = await taskContext(hre);
  const lanes = keys.lanes.map(addressOf);
  const lane = lanes.find((address) => address.toLowerCase() === name.toLowerCase());
  if (lane === undefined) throw new LaneUnknown(name, lanes);
  return lane;
}
