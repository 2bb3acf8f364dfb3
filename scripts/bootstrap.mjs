// Installs what is missing before `npm start` and `npm test`. Runs on whatever Node the machine has (18 or later)
// and therefore imports nothing but Node itself; everything after it runs on the Node that package-lock.json pins.
import { spawnSync } from "node:child_process";
import { existsSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
// npm writes this file last, so an interrupted install leaves it missing or old.
const installed = join(root, "node_modules", ".package-lock.json");
const locked = join(root, "package-lock.json");

if (!existsSync(installed) || statSync(installed).mtimeMs < statSync(locked).mtimeMs) {
  console.log("mintd: installing dependencies (once; about half a minute)");
  const npm = process.env.npm_execpath;
  const args = ["ci", "--no-audit", "--no-fund", "--loglevel=error"];
  const run = npm
    ? spawnSync(process.execPath, [npm, ...args], { cwd: root, stdio: "inherit" })
    : spawnSync("npm", args, { cwd: root, stdio: "inherit", shell: process.platform === "win32" });
  if (run.status !== 0) {
    console.error(
      "mintd: npm ci failed; its message is above. Check the network and the free disk space, then run the same command again.",
    );
    process.exit(run.status ?? 1);
  }
}
