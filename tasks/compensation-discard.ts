import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { InvalidArgument } from "./arguments.ts";
import { withTaskQueue } from "./compensation-queue.ts";
import { grouped, print, reporting } from "./print.ts";

const action: NewTaskActionFunction<{ readonly id: string; readonly reason: string; readonly json: boolean }> = (
  { id, reason, json },
  hre,
) =>
  reporting(json, async () => {
    if (reason.trim() === "") throw new InvalidArgument("--reason", "is missing", '--reason "paid back by hand"');
    await withTaskQueue(hre, async (queue) => {
      const discarded = (await queue.discard(id, reason)).length;
      print(json, { discarded }, () => `${grouped(discarded)} dead letter(s) discarded`);
    });
  });

export default action;
