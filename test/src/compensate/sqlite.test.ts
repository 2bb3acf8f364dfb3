import type { TaskQueue } from "../../../src/compensate/index.ts";
import { openSqliteTaskQueueWith } from "../../../src/compensate/sqlite/open.ts";
import { Folder } from "../store/sqlite/folder.ts";
import { limits, taskQueueConformance } from "./conformance.ts";

taskQueueConformance("SQLite", () => {
  const folder = new Folder();
  const crashes = new Map<TaskQueue, () => Promise<void>>();
  return Promise.resolve({
    async open(role, now) {
      const queue = await openSqliteTaskQueueWith({ path: folder.path, role, now, pollMs: 10, limits }, {});
      crashes.set(queue, () => queue.crash());
      return queue;
    },
    crash: async (queue) => crashes.get(queue)?.(),
    remove: () => {
      folder.remove();
      return Promise.resolve();
    },
  });
});
