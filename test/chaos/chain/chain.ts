import { join } from "node:path";
import type { Deployment, Rpc } from "../../../src/chain/index.ts";
import { toQuantity } from "../../../src/chain/rpc/rpc.ts";
import { Anvil } from "../../anvil.ts";
import { Branch } from "./branch.ts";
import { finalDepth } from "./final-depth.ts";

/** Base Sepolia: a public chain, whose endpoints may disagree, of two-second blocks. */
export const chainId = 84_532;
export const secondsPerBlock = 2;
/** Block 0's time, the same after every start of a node: a restored anvil makes a block 0 of its own. */
const genesisTime = 1_700_000_000;

export const anvilOptions = { noMining: true, chainId, args: ["--timestamp", String(genesisTime)] } as const;

/**
 * The chain that counts: a real anvil that mines when it is told to. Everything that takes blocks back goes through
 * here, because of the one promise a chain gives: a block of depth 32 under any head that was ever seen stays. Each way
 * back (a saved state, a fork that somebody may follow) is a branch; before a new head would bury a branch's first block
 * that deep, the branch is given up.
 */
export class Chain {
  anvil: Anvil;
  readonly deployment: Deployment;
  readonly #folder: string;
  readonly #branches = new Set<Branch>();
  #tip: number;
  #highest: number;
  /** Lowest block that stays in a reorg: the contracts are below it, and a restarted anvil has no states from before its start. */
  #reorgFloor: number;
  /** Time of the newest block that anybody saw, seconds. Time does not go back with the blocks. */
  #time = 0;
  #coinbase = 1;
  readonly #onRewind: (() => Promise<void>)[] = [];

  private constructor(anvil: Anvil, deployment: Deployment, folder: string, tip: number) {
    this.anvil = anvil;
    this.deployment = deployment;
    this.#folder = folder;
    this.#tip = this.#highest = this.#reorgFloor = tip;
  }

  /** Takes over a fresh anvil that was started with `anvilOptions`. @param folder for saved states */
  static async begin(anvil: Anvil, deployment: Deployment, folder: string): Promise<Chain> {
    const head = await anvil.rpc.request<{ number: string; timestamp: string }>("eth_getBlockByNumber", ["latest", false]);
    const chain = new Chain(anvil, deployment, folder, Number(head.number));
    chain.#time = Number(head.timestamp);
    await chain.#goOn(anvil);
    for (let i = 0; i < 20; i++) await chain.mine(); // a past for the first reorg
    return chain;
  }

  get rpc(): Rpc {
    return this.anvil.rpc;
  }

  get url(): string {
    return this.anvil.url;
  }

  /** Height of the newest block. */
  get tip(): number {
    return this.#tip;
  }

  /** Greatest height that ever was shown to anybody, on this chain or on a fork of it. */
  get highest(): number {
    return this.#highest;
  }

  get minter(): string {
    return this.deployment.contracts.VoucherMinter.address;
  }

  /** Calls `again` whenever the state went back to an earlier one, for whoever changed it by other ways than blocks. */
  onRewind(again: () => Promise<void>): void {
    this.#onRewind.push(again);
  }

  async mine(): Promise<void> {
    await this.giveUpBranches(this.#tip + 1);
    await this.anvil.mine();
    this.#time += secondsPerBlock;
    this.shown(++this.#tip);
  }

  /** Called before a head of that height is shown to anybody. */
  async giveUpBranches(height: number): Promise<void> {
    for (const branch of [...this.#branches]) if (height - branch.base + 1 >= finalDepth) await branch.giveUp();
  }

  /** Somebody may have seen a block of this height. */
  shown(height: number): void {
    this.#highest = Math.max(this.#highest, height);
  }

  /**
   * Replaces the newest `depth` blocks by as many others; their transactions are forgotten.
   * @returns the depth that was possible: no block that was final goes, and a restarted anvil has no states before its start
   */
  async reorg(depth: number): Promise<number> {
    const lowest = Math.max(this.#lowestOpen, this.#reorgFloor + 1);
    const possible = Math.min(depth, this.#tip - lowest + 1);
    if (possible <= 0) return 0;
    await this.#differ();
    await this.anvil.reorg(possible);
    await this.#goOn(this.anvil);
    for (const branch of this.#branches) branch.changedFrom(this.#tip - possible + 1);
    await this.#rewound();
    return possible;
  }

  /** Keeps the present state, to which `restart` may return. */
  async save(): Promise<Branch> {
    const file = join(this.#folder, `state-${this.#highest}-${this.#branches.size}.json`);
    await this.anvil.save(file);
    return this.#branch(file);
  }

  /**
   * The node dies and starts again from a saved state: blocks since then, and its pool, are lost.
   * @param saved where it was given up meanwhile, the present state is taken, and only the pool is lost
   * @returns how many blocks were lost
   */
  async restart(saved: Branch): Promise<number> {
    const from = saved.isGivenUp ? await this.save() : saved;
    const lost = this.#tip - (from.base - 1);
    const { port } = this.anvil;
    await this.anvil.kill();
    this.anvil = await Anvil.start({ ...anvilOptions, port, state: from.file });
    this.#tip = this.#reorgFloor = Number(await this.rpc.request<string>("eth_blockNumber", []));
    for (const branch of this.#branches) branch.changedFrom(this.#tip + 1);
    this.#branches.delete(from);
    this.#branches.delete(saved);
    await this.#differ();
    await this.#goOn(this.anvil);
    await this.#rewound();
    return lost;
  }

  /** A node with the chain's present state, as another anvil. */
  async split(saved: Branch): Promise<Anvil> {
    const anvil = await Anvil.start({ ...anvilOptions, state: saved.file });
    await this.#goOn(anvil);
    return anvil;
  }

  /** A branch that begins above the present head, with the present state in its file. */
  #branch(file: string): Branch {
    const branch: Branch = new Branch(file, this.#tip + 1, () => this.#branches.delete(branch));
    this.#branches.add(branch);
    return branch;
  }

  get #lowestOpen(): number {
    return this.#highest - finalDepth + 2;
  }

  /** The node's next blocks follow in time on everything that was seen; an anvil that was just started would take its own clock. */
  async #goOn({ rpc }: Anvil): Promise<void> {
    await rpc.request("anvil_setBlockTimestampInterval", [secondsPerBlock]);
    await rpc.request("evm_setNextBlockTimestamp", [toQuantity(this.#time + secondsPerBlock)]);
  }

  /** Blocks of one parent, time and content would be the same block on two branches. */
  async #differ(): Promise<void> {
    await this.rpc.request("anvil_setCoinbase", [`0x${(this.#coinbase++).toString(16).padStart(40, "0")}`]);
  }

  async #rewound(): Promise<void> {
    for (const again of this.#onRewind) await again();
  }
}
