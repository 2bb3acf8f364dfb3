import { expect } from "chai";
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { copyFileSync, cpSync, existsSync, globSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { computeAddress } from "ethers";
import { keyAt, receiver, World } from "./world.ts";

const root = join(import.meta.dirname, "../../..");
const examples = globSync("examples/durable-*.mjs", { cwd: root }).sort();

/** Another project, in which the package is installed as npm would, without a network. */
class Project {
  readonly directory = mkdtempSync(join(tmpdir(), "mintd-library-"));

  install(): void {
    execFileSync(process.execPath, [join(root, "scripts", "library.ts")], { stdio: "ignore" });
    execFileSync("npm", ["pack", "--offline", "--pack-destination", this.directory, join(root, "dist")], { stdio: "ignore" });
    const [tarball = ""] = globSync("*.tgz", { cwd: this.directory });
    execFileSync("tar", ["-xzf", tarball], { cwd: this.directory });
    mkdirSync(join(this.directory, "node_modules"));
    cpSync(join(this.directory, "package"), join(this.directory, "node_modules", "mintd"), { recursive: true });
    const { dependencies, peerDependencies } = this.manifest;
    for (const name of Object.keys({ ...dependencies, ...peerDependencies })) {
      symlinkSync(join(root, "node_modules", name), join(this.directory, "node_modules", name));
    }
    for (const example of examples) copyFileSync(join(root, example), join(this.directory, example.replace("examples/", "")));
  }

  get manifest(): { dependencies: Record<string, string>; peerDependencies: Record<string, string>; scripts?: unknown } {
    return JSON.parse(readFileSync(join(this.directory, "package", "package.json"), "utf8")) as typeof this.manifest;
  }

  /** What the script prints; it must end by itself, and well. */
  async run(script: string, env: Record<string, string>): Promise<string> {
    const child = spawn(process.execPath, [script], { cwd: this.directory, env: { PATH: process.env["PATH"], ...env }, stdio: "pipe" });
    let output = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (output += chunk.toString()));
    const [code] = (await once(child, "close")) as [number];
    expect(code, output).to.equal(0);
    return output;
  }

  remove(): void {
    rmSync(this.directory, { recursive: true, force: true });
  }
}

describe("the package of the library", function () {
  this.timeout(120_000);
  const project = new Project();

  before(() => {
    project.install();
  });
  after(() => {
    project.remove();
  });

  it("is JavaScript with types, asks for little, and runs nothing when it is installed", () => {
    const files = globSync("package/**/*", { cwd: project.directory }).filter((file) => /\.\w+$/.test(file));
    expect(files.filter((file) => /(?<!\.d)\.ts$/.test(file))).to.deep.equal([]);
    for (const file of files.filter((each) => each.endsWith(".js"))) {
      expect(existsSync(join(project.directory, file.replace(/\.js$/, ".d.ts"))), file).to.equal(true);
    }
    expect(Object.keys(project.manifest.dependencies)).to.deep.equal(["p-limit"]);
    expect(project.manifest.scripts).to.equal(undefined);
  });

  for (const library of ["ethers", "viem"] as const) {
    it(`sends the ${library} example's transaction once, however often it is run, and shows it in its ledger`, async () => {
      await using world = await World.open();
      const [address, to] = [computeAddress(keyAt(0)), receiver(17)];
      const env = { RPC_URL: world.proxy.url, CHAIN_ID: "31337", PRIVATE_KEY: keyAt(0), RECEIVER: to, STORE: world.path, ADDRESS: address };
      const first = await project.run(`durable-${library}.mjs`, env);
      expect(first).to.match(/order-17 is paid by 0x[0-9a-f]{64}/);
      expect(await project.run(`durable-${library}.mjs`, env)).to.equal(first);
      const mined = await world.minedOf(address);
      expect(mined.map(({ to: receivedBy }) => receivedBy)).to.deep.equal([to]);
      const ledger = await project.run("durable-ledger.mjs", env);
      expect(ledger).to.contain("next nonce 1, 0 final, 1 not final");
      expect(ledger).to.contain(`0 ${mined[0]?.hash} key:order-17`);
    });
  }
});

describe("docs/durable-signer.md", () => {
  const page = readFileSync(join(root, "docs/durable-signer.md"), "utf8");

  it("shows the examples that are run above, letter by letter", () => {
    expect(examples).to.have.length(3);
    for (const example of examples) expect(page).to.contain(`\`\`\`js\n${readFileSync(join(root, example), "utf8")}\`\`\``);
  });
});
