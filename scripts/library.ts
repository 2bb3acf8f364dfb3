// `npm run build:library`: the durable nonces as a package of their own, in dist/, to be packed or published from there
// (`npm pack ./dist`). Plain JavaScript, since Node strips no types below node_modules; its manifest has what the library
// imports and nothing else of mintd's.
import { spawnSync } from "node:child_process";
import { copyFileSync, globSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { join } from "node:path";

const root = join(import.meta.dirname, "..");
const dist = join(root, "dist");

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly license: string;
  readonly exports: Readonly<Record<string, { readonly types: string; readonly default: string }>>;
  readonly dependencies: Readonly<Record<string, string>>;
  readonly devDependencies: Readonly<Record<string, string>>;
}

/** Brought by whoever uses the library: there must be one of it. */
const peers = ["ethers", "viem"];

const ours = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as Manifest;

rmSync(dist, { recursive: true, force: true });
const tsc = join(root, "node_modules", "typescript", "bin", "tsc");
const compiled = spawnSync(process.execPath, [tsc, "-p", join(root, "tsconfig.library.json")], { stdio: "inherit" });
if (compiled.status !== 0) process.exit(1);

const imported = new Set(
  globSync("**/*.js", { cwd: dist }).flatMap((file) =>
    [...readFileSync(join(dist, file), "utf8").matchAll(/(?:from |import\()"([^."][^"]*)"/g)].flatMap(([, name = ""]) => packageOf(name)),
  ),
);
const versionOf = (name: string): string => ours.dependencies[name] ?? ours.devDependencies[name] ?? missing(name);
const manifest = {
  name: ours.name,
  version: ours.version,
  description: "Durable nonces for ethers and viem: a transaction is sent once, whatever crashes, lies or forgets",
  license: ours.license,
  type: "module",
  engines: { node: ">=22.13" }, // node:sqlite
  exports: Object.fromEntries(Object.entries(ours.exports).map(([name, files]) => [name, inDist(files)])),
  dependencies: Object.fromEntries([...imported].filter((name) => !peers.includes(name)).map((name) => [name, versionOf(name)])),
  peerDependencies: Object.fromEntries(peers.map((name) => [name, `^${versionOf(name)}`])),
  peerDependenciesMeta: Object.fromEntries(peers.map((name) => [name, { optional: true }])),
};
writeFileSync(join(dist, "package.json"), `${JSON.stringify(manifest, null, 2)}\n`);
copyFileSync(join(root, "LICENSE"), join(dist, "LICENSE"));
copyFileSync(join(root, "docs", "durable-signer.md"), join(dist, "README.md"));
console.log(`${ours.name} ${ours.version} in dist/ needs ${Object.keys(manifest.dependencies).join(", ")}, and ethers or viem`);

function packageOf(name: string): string[] {
  if (name.startsWith("node:") || builtinModules.includes(name)) return [];
  return [
    name
      .split("/")
      .slice(0, name.startsWith("@") ? 2 : 1)
      .join("/"),
  ];
}

function inDist(files: { readonly types: string; readonly default: string }): { types: string; default: string } {
  return { types: files.types.replace("./dist/", "./"), default: files.default.replace("./dist/", "./") };
}

function missing(name: string): never {
  throw new Error(`the library imports ${name}, which package.json does not name`);
}
