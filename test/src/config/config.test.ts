import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import fc from "fast-check";
import { configDocs } from "../../../scripts/config-docs.ts";
import { configSchema, envOf, InvalidConfig, loadConfig, settings } from "../../../src/config/index.ts";

const repository = (path: string) => fileURLToPath(new URL(`../../../${path}`, import.meta.url));
const folder = mkdtempSync(join(tmpdir(), "mintd-config-"));
process.once("exit", () => {
  rmSync(folder, { recursive: true, force: true });
});
const defaults = configSchema.parse({});

function fileOf(text: string): string {
  const path = join(folder, "mintd.config.yaml");
  writeFileSync(path, text);
  return path;
}

function refusal(text: string, env: Record<string, string> = {}): InvalidConfig {
  try {
    loadConfig({ file: fileOf(text), env });
  } catch (error) {
    if (error instanceof InvalidConfig) return error;
    throw error;
  }
  throw new Error("the configuration was not refused");
}

describe("loadConfig", () => {
  it("has the documented defaults", () => {
    expect(loadConfig({ file: false, env: {} })).to.deep.equal({
      dataDir: ".mintd",
      tenant: "default",
      batch: { maxItems: 200, maxGas: 14_000_000, maxWaitMs: 250 },
      confirmations: { finality: "depth" },
      lane: { count: 1 },
      nonce: { shards: 32 },
      orders: { maxOpen: 200_000, maxIssued: 200_000, maxQuantity: 5_000, maxCastQuantity: 100_000_000 },
      rpc: { timeoutMs: 10_000, maxConcurrent: 32, lagBlocks: 2 },
      fees: { maxFeePerGasGwei: 200, priorityFeeGwei: 1 },
      clock: {},
      prices: { timeoutMs: 5_000 },
      telemetry: {},
      log: {},
    });
  });

  it("takes the file over the defaults and the environment over the file", () => {
    const file = fileOf("batch:\n  maxItems: 10\n  maxWaitMs: 5\nfees:\n  priorityFeeGwei: 0.1\n");
    const config = loadConfig({ file, env: { MINTD_BATCH_MAX_ITEMS: "7", MINTD_RPC_POLL_MS: "500", HOME: "/" } });
    expect(config.batch).to.deep.equal({ maxItems: 7, maxGas: 14_000_000, maxWaitMs: 5 });
    expect([config.rpc.pollMs, config.fees.priorityFeeGwei]).to.deep.equal([500, 0.1]);
  });

  it("takes every setting from its variable", () => {
    for (const { key, env, example, type } of settings) {
      const config: unknown = loadConfig({ file: false, env: { [env]: String(example) } });
      expect(config).to.have.deep.nested.property(key, type === "list" ? JSON.parse(String(example)) : example);
    }
  });

  it("reads an empty file and empty sections as defaults", () => {
    for (const text of ["", "# nothing\n", "batch:\n  # maxItems: 3\nrpc:\n"])
      expect(loadConfig({ file: fileOf(text), env: {} })).to.deep.equal(defaults);
  });

  it("does without the default file, but not without one that is named", () => {
    const before = process.cwd();
    process.chdir(tmpdir());
    try {
      expect(loadConfig({ env: {} })).to.deep.equal(defaults);
    } finally {
      process.chdir(before);
    }
    expect(() => loadConfig({ file: join(folder, "none.yaml"), env: {} })).to.throw(InvalidConfig, "ENOENT");
  });

  it("takes whole numbers at both ends of their range and refuses the next ones", () => {
    const ranged = settings.filter(({ type }) => type === "integer");
    fc.assert(
      fc.property(fc.constantFrom(...ranged), ({ env, key, min = 0, max = 0 }) => {
        for (const good of [min, max]) expect(loadConfig({ file: false, env: { [env]: String(good) } })).to.have.nested.property(key, good);
        for (const bad of [min - 1, max + 1, min + 0.5]) {
          expect(() => loadConfig({ file: false, env: { [env]: String(bad) } })).to.throw(InvalidConfig, key);
        }
      }),
    );
  });
});

describe("InvalidConfig", () => {
  it("refuses a number of shards that is no power of two", () => {
    expect(refusal("nonce:\n  shards: 48\n").problems.map(({ key, message }) => `${key} ${message}`)).to.have.length(1);
    expect(refusal("nonce:\n  shards: 48\n").message).to.contain("must be a power of two");
    expect(loadConfig({ file: fileOf("nonce:\n  shards: 64\n"), env: {} }).nonce.shards).to.equal(64);
  });

  it("names every wrong key, where it came from, its range and an example", () => {
    const { problems, code } = refusal("batch:\n  maxItems: 300\n  maxGas: many\nlane: 5\n", { MINTD_RPC_TIMEOUT_MS: "soon" });
    expect(code).to.equal("INVALID_CONFIG");
    expect(problems.map(({ key }) => key)).to.have.members(["batch.maxItems", "batch.maxGas", "lane", "rpc.timeoutMs"]);
    const [items] = problems.filter(({ key }) => key === "batch.maxItems");
    expect(items?.message).to.equal("must be a whole number from 1 to 256; for example: 200; it is 300");
    expect(problems.find(({ key }) => key === "rpc.timeoutMs")?.source).to.equal("MINTD_RPC_TIMEOUT_MS");
  });

  it("asks whether another key was meant", () => {
    const { message } = refusal("batch:\n  maxItem: 3\ntennant: a\nzzzzzzzzzz: 1\n", { MINTD_BATCH_MAXITEMS: "3" });
    expect(message).to.contain("batch.maxItem (").and.to.contain("did you mean batch.maxItems?");
    expect(message).to.contain("did you mean tenant?").and.to.contain("did you mean MINTD_BATCH_MAX_ITEMS?");
    expect(message).to.match(/zzzzzzzzzz .*no such setting$/m);
  });

  it("never shows a text, which might be a secret in the wrong place", () => {
    const key = "5a".repeat(32);
    for (const text of [
      `tenant: "${key}!"`,
      `batch:\n  maxItems: ${key}x`,
      `privateKey: ${key}`,
      `a: b: ${key}`,
      `x: *${key}`,
      `- ${key}`,
    ]) {
      const error = refusal(text, { MINTD_PRIVATE_KEY: key, MINTD_LANE_WINDOW: key });
      expect(JSON.stringify(error) + error.message + String(error.stack)).not.to.contain(key);
    }
  });

  const broken: [string, string, RegExp][] = [
    ["YAML that is none", "a: [1\nb: 2", /line 2/],
    ["a list", "- 1", /keys and values/],
    ["a key given twice", "tenant: a\ntenant: b", /line 2.*DUPLICATE_KEY/],
    ["an alias without anchor", "tenant: *x", /alias/],
    ["an empty value", "tenant:", /tenant .*it is empty/],
    ["a tenant with a blank", 'tenant: "a b"', /letters, digits/],
    ["a tip above the cap", "fees:\n  maxFeePerGasGwei: 1\n  priorityFeeGwei: 2", /fees.priorityFeeGwei .*at most fees.maxFeePerGasGwei/],
    ["a level that there is not", "log:\n  level: loud", /log.level .*one of trace, debug, info, warn, error, fatal, silent/],
    ["a time source that proves nothing", "clock:\n  sources: https://one.example, http://two.example", /clock.sources .*https URLs/],
    ["a port of the system", "telemetry:\n  port: 80", /telemetry.port .*from 1024 to 65535/],
    ["no fee at all", "fees:\n  maxFeePerGasGwei: 0\n  priorityFeeGwei: 0", /maxFeePerGasGwei .*from 0.000000001/],
  ];
  for (const [what, text, message] of broken) {
    it(`refuses ${what}`, () => {
      expect(refusal(text).message).to.match(message);
    });
  }

  it("refuses an empty variable and numbers that are not plain", () => {
    for (const value of ["", " ", "1e2", "0x10", "14_000", "1,5", "NaN", "Infinity"]) {
      expect(refusal("", { MINTD_BATCH_MAX_ITEMS: value }).problems, value).to.have.length(1);
    }
  });
});

describe("the settings' documents", () => {
  it("give every setting a meaning, an example and a variable of its own", () => {
    expect(new Set(settings.map(({ env }) => env)).size).to.equal(settings.length);
    for (const { key, meaning, example } of settings) {
      expect(meaning, key).not.to.equal("");
      expect(example, key).not.to.equal("");
    }
    expect(envOf("fees.maxFeePerGasGwei")).to.equal("MINTD_FEES_MAX_FEE_PER_GAS_GWEI");
  });

  it("docs/config.md is up to date; else run: node scripts/config-docs.ts", async () => {
    expect(readFileSync(repository("docs/config.md"), "utf8")).to.equal(await configDocs());
  });

  it("examples/mintd.config.yaml has every setting at its default", () => {
    const path = repository("examples/mintd.config.yaml");
    expect(loadConfig({ file: path, env: {} })).to.deep.equal(defaults);
    const text = readFileSync(path, "utf8");
    for (const { key } of settings) expect(text, key).to.contain(`${key.split(".").at(-1) ?? key}:`);
  });
});
