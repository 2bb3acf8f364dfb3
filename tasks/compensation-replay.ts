import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { InvalidArgument } from "./arguments.ts";
import { withTaskQueue } from "./compensation-queue.ts";
import { grouped, print, reporting } from "./print.ts";

const action: NewTaskActionFunction<{ readonly id: string; readonly all: boolean; readonly json: boolean }> = ({ id, all, json }, hre) =>
  reporting(json, async () => {
    if (all === (id !== "")) throw new InvalidArgument("<id>", "or --all is needed, one of them", "compensation:replay --all");
    await withTaskQueue(hre, async (queue) => {
      const replayed = all ? await queue.replayAll() : (await queue.replay(id)).length;
      print(json, { replayed }, () => `${grouped(replayed)} dead letter(s) wait again`);
    });
  });

export default action;
