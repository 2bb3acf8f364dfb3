import { formatEther, parseEther } from "ethers";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { addressOf, taskContext } from "./context.ts";
import { InvalidArgument } from "./arguments.ts";
import { laneNamed } from "./lane-named.ts";
import { print, reporting, rowTable } from "./print.ts";

interface Args {
  readonly lane: string;
  readonly to: string;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ lane, to, json }, hre) =>
  reporting(json, async () => {
    const target = amountOf(to);
    const { network, keys, rpc } = await taskContext(hre);
    const lanes = lane === "" ? keys.lanes.map(addressOf) : [await laneNamed(hre, lane)];
    const { ethers } = await hre.network.getOrCreate(network);
    const [admin] = await ethers.getSigners();
    const sent: { lane: string; before: bigint; sent: bigint; txHash: string }[] = [];
    for (const address of lanes) {
      const before = BigInt(await rpc.request<string>("eth_getBalance", [address, "latest"]));
      const missing = target > before ? target - before : 0n;
      if (missing === 0n || address === admin?.address) {
        sent.push({ lane: address, before, sent: 0n, txHash: "-" });
        continue;
      }
      const transaction = await admin?.sendTransaction({ to: address, value: missing });
      await transaction?.wait();
      sent.push({ lane: address, before, sent: missing, txHash: transaction?.hash ?? "-" });
    }
    print(json, { lanes: sent }, () =>
      rowTable(
        ["lane", "ETH before", "ETH sent", "transaction"],
        sent.map((each) => [each.lane, formatEther(each.before), formatEther(each.sent), each.txHash]),
      ),
    );
  });

/** @throws InvalidArgument */
function amountOf(text: string): bigint {
  const example = "lane:fund --to 0.5";
  if (!/^\d+(\.\d{1,18})?$/.test(text)) throw new InvalidArgument("--to", `is '${text}', and must be an amount of ETH`, example);
  return parseEther(text);
}

export default action;
