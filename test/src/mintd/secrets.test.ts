import { randomBytes } from "node:crypto";
import { once } from "node:events";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { inspect } from "node:util";
import { expect } from "chai";
import { Wallet } from "ethers";
import { HttpRpc } from "../../../src/chain/index.ts";
import type { Mintd, MintdOptions } from "../../../src/mintd.ts";
import { Secret } from "../../../src/secret.ts";
import { freePort } from "../../anvil.ts";
import { eventually } from "../../eventually.ts";
import { failure } from "../store/expectations.ts";
import { admin, fastClock, listOf, minting, send, signers, until, World } from "./world.ts";

const canary = (): string => `canary${randomBytes(12).toString("hex")}`;

type Fault = "reset" | "hang" | "http 503" | "http 429" | "no JSON" | "empty" | "lost answer" | "nonce too low" | "echo";
const faults: readonly Fault[] = ["reset", "hang", "http 503", "http 429", "no JSON", "empty", "lost answer", "nonce too low", "echo"];

/** A node provider in front of anvil: it wants its customer's password and key, and fails in every way it is told to. */
class Provider {
  readonly password = canary();
  readonly key = canary();
  /** How the next requests fail, oldest first. */
  readonly failing: Fault[] = [];
  refusedStrangers = 0;
  answered = 0;
  readonly #server: Server;
  readonly #anvil: string;

  private constructor(anvil: string) {
    this.#anvil = anvil;
    this.#server = createServer((request, response) => {
      this.#serve(request, response).catch(() => response.destroy());
    });
  }

  static async inFrontOf(anvil: string): Promise<Provider> {
    const provider = new Provider(anvil);
    provider.#server.listen(0, "127.0.0.1");
    await once(provider.#server, "listening");
    return provider;
  }

  get url(): string {
    return `http://customer:${this.password}@127.0.0.1:${(this.#server.address() as AddressInfo).port}/v3/${this.key}?key=${this.key}`;
  }

  async #serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = (await request.toArray()).map(String).join("");
    const wanted = `Basic ${Buffer.from(`customer:${this.password}`).toString("base64")}`;
    if (request.headers.authorization !== wanted || !request.url?.includes(this.key)) {
      this.refusedStrangers++;
      response.writeHead(401).end();
      return;
    }
    const fault = this.failing.shift();
    if (fault === undefined || fault === "lost answer") {
      const answer = await fetch(this.#anvil, { method: "POST", body, headers: { "content-type": "application/json" } });
      const text = await answer.text();
      this.answered++;
      if (fault === undefined) response.writeHead(200).end(text);
      else response.destroy();
    } else this.#fail(fault, request, body, response);
  }

  #fail(fault: Exclude<Fault, "lost answer">, request: IncomingMessage, body: string, response: ServerResponse): void {
    const all = `${this.url} ${this.password} ${this.key} ${request.headers.authorization ?? ""}`;
    const refuse = (message: string) => {
      const told = JSON.parse(body) as { id: number } | { id: number }[];
      const error = { code: -32_000, message };
      const answers = [told].flat().map(({ id }) => ({ jsonrpc: "2.0", id, error }));
      response.writeHead(200).end(JSON.stringify(Array.isArray(told) ? answers : answers[0]));
    };
    if (fault === "reset") response.destroy();
    else if (fault === "http 503" || fault === "http 429") response.writeHead(Number(fault.slice(5))).end(all);
    else if (fault === "no JSON") response.writeHead(200).end(`<html>${all}</html>`);
    else if (fault === "empty") response.writeHead(200).end("{}");
    else if (fault === "nonce too low") refuse("nonce too low");
    else if (fault === "echo") refuse(`cannot forward to ${this.url}`);
    // "hang": no answer at all
  }

  async end(): Promise<void> {
    this.#server.close();
    this.#server.closeAllConnections();
    await once(this.#server, "close");
  }
}

/** The ways in which a secret may be written. */
function spellings(secret: string): Buffer[] {
  const bare = secret.replace(/^0x/, "");
  const texts = [bare, bare.toUpperCase(), encodeURIComponent(secret), Buffer.from(secret).toString("base64").replace(/=+$/, "")];
  if (!/^0x[0-9a-f]{64}$/.test(secret)) return texts.map((text) => Buffer.from(text));
  const bytes = Buffer.from(bare, "hex");
  const number = BigInt(secret).toString();
  return [...texts, number, bytes.toString("base64").slice(0, -2), [...bytes].join(","), [...bytes].join(", ")]
    .map((text) => Buffer.from(text))
    .concat(bytes);
}

/** The secrets that can be found in `content`. */
const found = (content: Buffer, secrets: readonly string[]): string[] =>
  secrets.filter((secret) => spellings(secret).some((spelling) => content.includes(spelling)));

describe("Secrets", function () {
  this.timeout(120_000);

  it("never reach log, metrics, errors, events, snapshots or the store's bytes, whatever goes wrong", async () => {
    const world = await World.begin({ noMining: true });
    const provider = await Provider.inFrontOf(world.anvil.url);
    const [lane, voucher] = [Wallet.createRandom(), Wallet.createRandom()];
    const basic = Buffer.from(`customer:${provider.password}`).toString("base64");
    const secrets = [provider.password, provider.key, basic, lane.privateKey, voucher.privateKey];
    const told: unknown[] = []; // what comes to the caller's ears
    const port = await freePort();
    try {
      const options = (more: Partial<MintdOptions> & { readonly settings?: object } = {}): Parameters<World["open"]>[0] => ({
        rpc: new HttpRpc({ url: provider.url, timeoutMs: 100 }),
        laneKeys: [new Secret(lane.privateKey)],
        voucherKey: new Secret(voucher.privateKey),
        clock: fastClock, // a second after each fault would be a minute in all
        onTrouble: (error) => told.push(error),
        settings: {
          rpc: { pollMs: 10, timeoutMs: 100 },
          batch: { maxItems: 5, maxWaitMs: 5 },
          fees: { maxFeePerGasGwei: 50 },
          telemetry: { port },
          log: { level: "trace", file: "mintd.log" },
        },
        ...more,
      });
      const refused = async (code: string, work: Promise<unknown>) => told.push(await failure(code, work));

      // Refusals of the start: a signer without the role, a lane without money, another chain, an endpoint that fails.
      await refused("SIGNER_NOT_AUTHORISED", world.open(options()));
      await send(world, admin, signers.encodeFunctionData("grantSigner", [voucher.address]));
      await world.anvil.mine();
      await refused("CHAIN_MISMATCH", world.open(options({ deployment: { ...world.deployment, chainId: 1 } })));
      for (const fault of faults) {
        provider.failing.push(...Array.from({ length: 6 }, () => fault)); // a start is patient
        const code = fault === "nonce too low" || fault === "echo" ? "RPC_REFUSED" : "RPC_UNANSWERED";
        const error = await failure(code, world.open(options())).catch((other: unknown) => other);
        if (fault !== "echo") told.push(error); // what a node says in its own words is the caller's to see
      }
      {
        await using poor = await world.open(options());
        await refused("INSUFFICIENT_FUNDS", poor.start());
      }
      await world.anvil.rpc.request("anvil_setBalance", [lane.address, "0x56bc75e2d63100000"]);

      // Another program's transaction of the lane's account, then a run with every fault at every kind of request.
      await world.anvil.rpc.request("anvil_setNonce", [lane.address, "0x3"]);
      await using mintd = await world.open(options({ onTrouble: (error) => isEcho(error) || told.push(error) }));
      await mintd.start();
      const work = Promise.all([minting(mintd, listOf(20)), fail(provider, mintd)]);
      work.catch(() => undefined); // awaited below
      // Blocks come meanwhile, as bytes in doubt are sent again with each; orders may be past it before anybody looks.
      await world.anvil.mineWhile(Promise.race([until(mintd, "tentative", 5), work]));
      const head = Number(await world.anvil.rpc.request<string>("eth_blockNumber", []));
      await eventually("the newest block is seen", () => mintd.confirmations.tip?.number === head || undefined);
      await world.anvil.reorg(1);
      await world.anvil.mineWhile(work);
      await world.anvil.rpc.request("anvil_setNextBlockBaseFeePerGas", ["0x174876e800"]); // 100 gwei, above the cap
      await world.anvil.mine();
      const dear = minting(mintd, listOf(3, 500));
      dear.catch(() => undefined); // awaited below
      await eventually("the cap is reached", () => troubles(mintd, "FEE_CAP_REACHED"));
      await world.anvil.rpc.request("anvil_setNextBlockBaseFeePerGas", ["0x3b9aca00"]);
      await world.anvil.mineWhile(dear);
      const scraped = await (await fetch(`http://127.0.0.1:${port}/metrics`)).text();
      const open = inspect(await mintd.store.loadSnapshot(`orders/open/${world.minter.toLowerCase()}`), { depth: 10 });
      const shown = inspect(mintd, { depth: 12, maxArrayLength: null, maxStringLength: null });
      await mintd.stop();

      expect(provider.refusedStrangers, "the secrets are used").to.equal(0);
      expect(provider.answered).to.be.above(100);
      const log = await readFile(join(world.root, "mintd.log"), "utf8");
      for (const line of log.trim().split("\n")) expect(JSON.parse(line)).to.include.keys("level", "time", "msg");
      for (const code of ["RPC_UNANSWERED", "RPC_REFUSED", "FOREIGN_TRANSACTION", "INSUFFICIENT_FUNDS", "FEE_CAP_REACHED"])
        expect(log).to.contain(`"code":"${code}"`);
      for (const words of ["attempt recorded", "attempt settled", "order final", "the chain took blocks back"])
        expect(log).to.contain(words);
      expect(log, "no signed bytes").to.not.match(/0x[0-9a-f]{65,}/i);
      for (const reason of ["timeout", "reset", "http-5xx", "rate-limited", "malformed"])
        expect(scraped).to.contain(`mintd_doubts_total{reason="${reason}"}`);

      const errors = told.map(
        (error) => inspect(error, { depth: 10, showHidden: true }) + JSON.stringify(error) + String((error as Error).stack),
      );
      const events = JSON.stringify(await world.events());
      for (const [what, text] of Object.entries({ scraped, open, shown, errors: errors.join("\n"), events }))
        expect(found(Buffer.from(text), secrets), what).to.deep.equal([]);
      await writeFile(join(world.root, "control"), Buffer.from(lane.privateKey.slice(2), "hex"));
      const files = await readdir(world.root, { recursive: true, withFileTypes: true });
      for (const file of files.filter((each) => each.isFile())) {
        const secretsIn = found(await readFile(join(file.parentPath, file.name)), secrets);
        expect(secretsIn, file.name).to.deep.equal(file.name === "control" ? [lane.privateKey] : []);
      }
    } finally {
      await provider.end();
      await world.end();
    }
  });

  it("are found by this test in whatever way they are written", () => {
    const key = Wallet.createRandom().privateKey;
    const written = [key, key.slice(2).toUpperCase(), BigInt(key).toString(), JSON.stringify([...Buffer.from(key.slice(2), "hex")])];
    for (const text of written) expect(found(Buffer.from(`x ${text} y`), [key]), text).to.deep.equal([key]);
    for (const text of ["p%40ss", Buffer.from("p@ss").toString("base64")])
      expect(found(Buffer.from(text), ["p@ss"])).to.deep.equal(["p@ss"]);
  });
});

const isEcho = (error: unknown): boolean => error instanceof Error && error.message.includes("cannot forward to");

/** Lets requests fail in each way a few times, while mintd works. */
async function fail(provider: Provider, mintd: Mintd): Promise<void> {
  for (const fault of [...faults, ...faults]) {
    provider.failing.push(fault, fault);
    await eventually("the faults happened", () => provider.failing.length === 0 || undefined);
    await eventually("mintd goes on", () => mintd.confirmations.tip !== undefined || undefined);
  }
}

async function troubles(mintd: Mintd, code: string): Promise<true | undefined> {
  return (await mintd.telemetry.scrape()).text.includes(`code="${code}"`) || undefined;
}
