import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { type Task, type TaskState, taskStates } from "../src/compensate/index.ts";
import { InvalidArgument } from "./arguments.ts";
import { withTaskQueue } from "./compensation-queue.ts";
import { grouped, print, reporting, rowTable } from "./print.ts";

interface Args {
  readonly state: string;
  readonly limit: number;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ state, limit, json }, hre) =>
  reporting(json, async () => {
    const wanted = stateNamed(state);
    if (limit < 1 || limit > 10_000) throw new InvalidArgument("--limit", `is ${limit}, and must be 1 to 10,000`, "--limit 100");
    await withTaskQueue(hre, async (queue) => {
      const tasks: Task[] = [];
      for await (const task of queue.list(wanted)) {
        if (tasks.push(task) === limit) break;
      }
      const depths = await queue.depths();
      const total = wanted === undefined ? Object.values(depths).reduce((sum, count) => sum + count, 0) : depths[wanted];
      print(json, { depths, tasks }, () =>
        [
          rowTable(
            ["id", "kind", "state", "priority", "tries", "age", "reason"],
            tasks.map((task) => [task.id, task.kind, task.state, task.priority, task.tries, age(Date.now() - task.acceptedAt), why(task)]),
          ),
          tasks.length < total ? `and ${grouped(total - tasks.length)} more; see them with --limit` : `${grouped(total)} in all`,
        ].join("\n"),
      );
    });
  });

/** @throws InvalidArgument */
function stateNamed(name: string): TaskState | undefined {
  if (name === "") return undefined;
  const state = taskStates.find((each) => each === name);
  if (!state) throw new InvalidArgument("--state", `is '${name}', and must be one of ${taskStates.join(", ")}`, "--state dead");
  return state;
}

/** The reason, or while there is none the newest error; one line, as wide as a screen bears. */
function why({ reason, errors }: Task): string {
  const last = errors.at(-1);
  const words = (reason ?? (last ? `${last.code}: ${last.message}` : "-")).replaceAll(/\s+/g, " ");
  return words.length > 80 ? `${words.slice(0, 79)}…` : words;
}

/** Time since, in the largest unit that is not zero. */
function age(ms: number): string {
  const units = [["d", 86_400_000], ["h", 3_600_000], ["m", 60_000]] as const; // prettier-ignore
  const [unit, size] = units.find(([, each]) => ms >= each) ?? (["s", 1_000] as const);
  return `${Math.max(0, Math.floor(ms / size))} ${unit}`;
}

export default action;
