import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { laneCancelTask } from "../src/repairs.ts";
import { InvalidArgument } from "./arguments.ts";
import { withTaskQueue } from "./compensation-queue.ts";
import { laneNamed } from "./lane-named.ts";
import { factTable, print, reporting } from "./print.ts";

interface Args {
  readonly lane: string;
  readonly nonce: number;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ lane, nonce, json }, hre) =>
  reporting(json, async () => {
    if (nonce < 0) throw new InvalidArgument("the nonce", `is ${nonce}, and must be 0 or more`, `lane:cancel ${lane} 17`);
    const address = await laneNamed(hre, lane);
    await withTaskQueue(hre, async (queue) => {
      const { task } = await queue.put(laneCancelTask(address, nonce));
      print(json, { lane: address, nonce, task: task.number }, () =>
        factTable([
          ["lane", address],
          ["nonce", String(nonce)],
          ["done", "a no-op at a higher fee is sent; its orders are minted by another nonce once it is final"],
        ]),
      );
    });
  });

export default action;
