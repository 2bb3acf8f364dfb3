// Hardhat's command line, again and again in one process: what a task loads is loaded once.
import { main } from "../../node_modules/hardhat/dist/src/internal/cli/main.js";
import { resetGlobalHardhatRuntimeEnvironment } from "../../node_modules/hardhat/dist/src/internal/global-hre-instance.js";
import type { Asked, Ended } from "./host.ts";

process.setSourceMapsEnabled(true); // as hardhat/src/cli.ts
process.setMaxListeners(0); // each run of it listens for what nobody catches
let isFirst = true;

async function run({ args, mark }: Asked): Promise<void> {
  process.exitCode = undefined;
  await main([...args], { registerTsx: isFirst, warnAboutUnusedPlugins: true });
  isFirst = false;
  resetGlobalHardhatRuntimeEnvironment();
  const code = exitCode();
  for (const stream of [process.stdout, process.stderr]) stream.write(mark);
  process.send?.({ code } satisfies Ended);
}

const exitCode = (): number => Number(process.exitCode ?? 0);

process.on("message", (asked: Asked) => void run(asked));
process.once("disconnect", () => process.exit());
