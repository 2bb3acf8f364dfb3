import { Child } from "../../store/sqlite/children.ts";

/** A child process on plain Node, whose program may use `open`, `Compensation`, `systemClock`, `path` and `say` (a blocking print). */
export function queueChild(body: string, path: string): Child {
  const door = new URL("../../../../src/compensate/index.ts", import.meta.url).href;
  const clock = new URL("../../../../src/clock.ts", import.meta.url).href;
  return new Child(
    `import { writeSync } from "node:fs";
     import { Compensation, openSqliteTaskQueue } from ${JSON.stringify(door)};
     import { systemClock } from ${JSON.stringify(clock)};
     const openQueue = (role, more = {}) => openSqliteTaskQueue({ path, role, ...more });
     // Blocking, so that what was printed before a kill was printed.
     const say = (line) => {
       for (;;) {
         try {
           return writeSync(1, line + "\\n");
         } catch (error) {
           if (error.code !== "EAGAIN") throw error;
         }
       }
     };
     ${body}`,
    path,
  );
}
