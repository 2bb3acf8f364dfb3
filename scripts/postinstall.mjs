// npm running on Node 20 skips Hardhat's native package (it is optional and asks for Node >= 22). The Node that is
// installed beside it can load it, so npm is run once more on that one.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = join(dirname(fileURLToPath(import.meta.url)), "..");
const bin = join(root, "node_modules", ".bin", process.platform === "win32" ? "node.cmd" : "node");
const node = existsSync(bin) ? bin : process.execPath;
const shell = process.platform === "win32";
const loads = () => spawnSync(node, ["-e", "require('@nomicfoundation/edr')"], { cwd: root, stdio: "ignore", shell }).status === 0;

if (!process.env.MINTD_POSTINSTALL && !loads() && process.env.npm_execpath) {
  const again = [process.env.npm_execpath, "install", "--ignore-scripts", "--no-audit", "--no-fund", "--no-save", "--loglevel=error"];
  spawnSync(node, again, { cwd: root, stdio: "inherit", shell, env: { ...process.env, MINTD_POSTINSTALL: "1" } });
  if (!loads()) {
    console.error("mintd: Hardhat's native package does not load. mintd needs Node >= 22.13; it could not be installed for this platform.");
    process.exit(1);
  }
}
