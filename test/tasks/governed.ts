import { cp, mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { handOver } from "../../scripts/deployment/handover.ts";
import { Account, type AccountOptions, type Call, newestBlock, Vote, warpTo } from "../../src/cast/index.ts";
import { castContracts, type Deployment, readDeployment, type Rpc } from "../../src/chain/index.ts";
import { Secret } from "../../src/secret.ts";
import { openSqliteStore } from "../../src/store/index.ts";
import { Anvil } from "../anvil.ts";
import { accountOptions, wallet } from "../src/cast/world.ts";
import { Hardhat, type Run } from "./hardhat.ts";

/** Who gets the roles, as places among the accounts that anvil funds, and somebody who gets none. */
export const [guardian, signerAdmin, curator, stranger] = [3, 4, 5, 6] as const;

export const addressAt = (index: number): string => wallet(index).address;

/** What the work throws; undefined where it throws nothing. */
export const errorOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined).catch((error: unknown) => error);

/** Everything that `deploy --cast` deploys, on an anvil of its own. The deployer has all roles. */
export class Governed {
  readonly rpc: Rpc;
  readonly deployment: Deployment;
  readonly vote: Vote;
  readonly #anvil: Anvil;
  readonly #home: string;
  readonly #hardhat: Hardhat;
  /** How it began, to go back to. */
  #snapshot: string;
  readonly #accounts: Account[] = [];
  #records = 0;

  private constructor(anvil: Anvil, home: string, hardhat: Hardhat, deployment: Deployment, snapshot: string) {
    this.rpc = anvil.rpc;
    this.deployment = deployment;
    this.vote = new Vote(anvil.rpc, castContracts(deployment), deployment.block);
    this.#anvil = anvil;
    this.#home = home;
    this.#hardhat = hardhat;
    this.#snapshot = snapshot;
  }

  static async begin(): Promise<Governed> {
    const [anvil, home] = await Promise.all([Anvil.start(), mkdtemp(join(tmpdir(), "mintd-governance-"))]);
    const hardhat = new Hardhat({ MINTD_HOME: home, MINTD_LOCAL_PORT: String(anvil.port) });
    const deployed = await hardhat.run("deploy", "--cast", "--json", "--network", "local");
    if (deployed.code !== 0) throw new Error(`nothing was deployed: ${deployed.stdout}${deployed.stderr}`);
    await cp(home, `${home}-begun`, { recursive: true });
    const deployment = await readDeployment(join(home, "deployments"), "local");
    return new Governed(anvil, home, hardhat, deployment, await anvil.rpc.request<string>("evm_snapshot", []));
  }

  /** Goes back to how it began: the chain, and what the tasks recorded of it. */
  async rewind(): Promise<void> {
    await this.closeAccounts(); // a record is of one chain, which does not go back
    await this.rpc.request("evm_revert", [this.#snapshot]);
    this.#snapshot = await this.rpc.request<string>("evm_snapshot", []);
    await rm(this.#home, { recursive: true });
    await cp(`${this.#home}-begun`, this.#home, { recursive: true });
  }

  async end(): Promise<void> {
    await this.closeAccounts();
    this.#hardhat.end();
    await this.#anvil.kill();
    await Promise.all([this.#home, `${this.#home}-begun`].map((folder) => rm(folder, { recursive: true, force: true })));
  }

  /** A task, in a process of its own. */
  run(...args: readonly string[]): Promise<Run> {
    return this.#hardhat.run(...args, "--network", "local");
  }

  /** The record as the tasks left it. */
  recorded(): Promise<Deployment> {
    return readDeployment(join(this.#home, "deployments"), "local");
  }

  account(index: number, options: Partial<AccountOptions> = {}, over: Rpc = this.rpc): Account {
    const opened = new Account(over, new Secret(wallet(index).privateKey), { ...accountOptions, ...options });
    this.#accounts.push(opened);
    return opened;
  }

  /** An account over the record of an earlier process, which was cut off: it sent this, and told nobody of its end. */
  async accountThatLeft(index: number, call: Call): Promise<Account> {
    const path = join(this.#home, `left-${this.#records++}.db`);
    const openStore = () => openSqliteStore({ path });
    const earlier = this.account(index, { openStore });
    await earlier.broadcast(call);
    await earlier.close();
    return this.account(index, { openStore });
  }

  async closeAccounts(): Promise<void> {
    await Promise.all(this.#accounts.splice(0).map((each) => each.close()));
  }

  /** Leaves the deployer without a role. */
  async handOver(): Promise<void> {
    const successors = { guardian: addressAt(guardian), signerAdmin: addressAt(signerAdmin), curator: addressAt(curator) };
    await handOver(this.account(0), this.deployment, successors);
  }

  /** How many transactions the account has sent. */
  async sentBy(index: number): Promise<number> {
    return Number(await this.rpc.request<string>("eth_getTransactionCount", [addressAt(index), "latest"]));
  }

  async now(): Promise<bigint> {
    return (await newestBlock(this.rpc)).timestamp;
  }

  readonly warp = (to: bigint): Promise<void> => warpTo(this.rpc, to);
}

/** Deploying takes long, so the files that need it share one: what each of them did is undone after it. */
let shared: Promise<Governed> | undefined;
/** Known before the first test runs, as all files are read before it. */
let toCome = 0;

/**
 * Tests on a deployment that is as it began.
 * @param tests `world` answers while they run, not while they are described
 */
export function describeGoverned(title: string, tests: (world: () => Governed) => void): void {
  toCome += 1;
  describe(title, function () {
    this.timeout(300_000);
    let world: Governed | undefined;
    before(async () => {
      world = await (shared ??= Governed.begin());
    });
    afterEach(() => world?.closeAccounts());
    after(async () => {
      toCome -= 1;
      if (toCome === 0) await endShared();
      else await world?.rewind();
    });
    tests(() => {
      if (!world) throw new Error("no test runs yet");
      return world;
    });
  });
}

async function endShared(): Promise<void> {
  await (await shared)?.end();
  shared = undefined;
}

// Of files that a filter leaves out nothing runs, and nobody counts them.
after(endShared);
