import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { laneDutyTask } from "../src/repairs.ts";
import { InvalidArgument } from "./arguments.ts";
import { withTaskQueue } from "./compensation-queue.ts";
import { laneNamed } from "./lane-named.ts";
import { factTable, print, reporting } from "./print.ts";

interface Args {
  readonly lane: string;
  readonly duty: string;
  readonly json: boolean;
}

const duties = ["open", "paused", "draining"] as const;

const action: NewTaskActionFunction<Args> = ({ lane, duty, json }, hre) =>
  reporting(json, async () => {
    const wanted = duties.find((each) => each === duty);
    if (!wanted) throw new InvalidArgument("the duty", `is '${duty}', and must be one of ${duties.join(", ")}`, `lane:duty ${lane} paused`);
    const address = await laneNamed(hre, lane);
    await withTaskQueue(hre, async (queue) => {
      const { task } = await queue.put(laneDutyTask(address, wanted));
      print(json, { lane: address, duty: wanted, task: task.number }, () =>
        factTable([
          ["lane", address],
          ["duty", wanted],
          ["done", "at once by a running service, or else by the next one"],
        ]),
      );
    });
  });

export default action;
