// `npm run build:library`: the durable nonces as a package of their own, in dist/, to be packed or published from there
// (`npm pack ./dist`). Plain JavaScript, since Node strips no types below node_modules; its manifest has what the library
// imports and nothing else of mintd's.
import { spawnSync } from "node:child_process";
import { copyFileSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { builtinModules } from "node:module";
import { dirname, join } from "node:path";

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

/** What the exports reach at run time, threads among it; the other files are there for their types alone. */
const reached = new Set<string>();
const imported = new Set<string>();
for (const { default: file } of Object.values(ours.exports)) reach(join(root, file));
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

function reach(file: string): void {
  if (reached.has(file)) return;
  reached.add(file);
  const text = readFileSync(file, "utf8");
  for (const [, thread = ""] of text.matchAll(/beside\("([^"]+)"/g)) reach(join(dirname(file), `${thread}.js`));
  for (const [, name = ""] of text.matchAll(/(?:from |import |import\()"([^"]+)"/g)) {
    if (name.startsWith(".")) reach(join(dirname(file), name.replace(/\.ts$/, ".js")));
    else for (const each of packageOf(name)) imported.add(each);
  }
}

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
