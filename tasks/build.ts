import { join } from "node:path";
import type { DatabaseSync } from "node:sqlite";
import type { TaskOverrideActionFunction } from "hardhat/types/tasks";
import { systemClock } from "../src/clock.ts";
import { holdLock, makeFolder, Refusal } from "../src/sqlite/index.ts";

const lookEveryMs = 100;

/**
 * Hardhat's `build`, one at a time in a checkout.
 *
 * Race: two builds write the same files of Hardhat's cache and rename them from under each other, also where nothing has
 * changed. Mitigation: a lock beside the cache, which ends with its process. What remains: nothing.
 */
const action: TaskOverrideActionFunction = async (args, hre, runSuper): Promise<unknown> => {
  const lock = await turnOf(join(hre.config.paths.cache, "build"));
  try {
    return await runSuper(args);
  } finally {
    lock.close();
  }
};

/** Waits for its turn, and says so. @throws Refusal where the folder cannot be written */
async function turnOf(path: string): Promise<DatabaseSync> {
  makeFolder(path);
  for (let waits = false; ; waits = true) {
    try {
      return holdLock(path);
    } catch (error) {
      if (!(error instanceof Refusal) || error.fault.kind !== "in-use") throw error;
    }
    if (!waits) console.error("mintd: another process builds here; this one goes on when that is done");
    await systemClock.pause(lookEveryMs);
  }
}

export default action;
