// Hardhat's command line, again and again in one process: what a task loads is loaded once.
import { setTimeout } from "node:timers/promises";
import { main } from "../../node_modules/hardhat/dist/src/internal/cli/main.js";
import { resetGlobalHardhatRuntimeEnvironment } from "../../node_modules/hardhat/dist/src/internal/global-hre-instance.js";
import type { Asked, Ended } from "./host.ts";

process.setSourceMapsEnabled(true); // as hardhat/src/cli.ts
process.setMaxListeners(0); // each run of it listens for what nobody catches
for (const stream of [process.stdout, process.stderr]) stream.write(""); // opened now, they are nothing that a task left open
// So is what TypeScript's loader opens.
await main(["mint:list", "--help"], { registerTsx: true, print: () => undefined });
resetGlobalHardhatRuntimeEnvironment();

async function run({ args, mark }: Asked): Promise<void> {
  process.exitCode = undefined;
  const before = process.getActiveResourcesInfo();
  await main([...args], { warnAboutUnusedPlugins: true });
  resetGlobalHardhatRuntimeEnvironment();
  const left = await leftOpen(before);
  const code = exitCode();
  for (const stream of [process.stdout, process.stderr]) stream.write(mark);
  process.send?.({ code, left } satisfies Ended);
}

/** What would keep a process of the task's own from ending, after as long as a user would wait for the prompt. */
async function leftOpen(before: readonly string[]): Promise<string[]> {
  const deadline = performance.now() + 5_000;
  for (;;) {
    const left = process.getActiveResourcesInfo();
    for (const resource of before) {
      const at = left.indexOf(resource);
      if (at >= 0) left.splice(at, 1);
    }
    if (left.length === 0 || performance.now() > deadline) return left;
    await setTimeout(10);
  }
}

const exitCode = (): number => Number(process.exitCode ?? 0);

process.on("message", (asked: Asked) => void run(asked));
process.once("disconnect", () => process.exit());
