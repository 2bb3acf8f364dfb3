import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { openSqliteTaskQueue, queuePathBeside, type TaskQueue } from "../src/compensate/index.ts";
import { taskContext } from "./context.ts";

/** Opens the network's compensation queue to operate on it, beside a running service or without one, and closes it after `work`. */
export async function withTaskQueue(hre: HardhatRuntimeEnvironment, work: (queue: TaskQueue) => Promise<void>): Promise<void> {
  const { storePath } = await taskContext(hre);
  const queue = await openSqliteTaskQueue({ path: queuePathBeside(storePath), role: "operator" });
  try {
    await work(queue);
  } finally {
    await queue.close();
  }
}
