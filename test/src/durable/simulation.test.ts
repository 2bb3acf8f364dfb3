import { expect } from "chai";
import { MintdError } from "../../../src/error.ts";
import { RecordInDoubt } from "../../../src/durable/index.ts";
import { Random } from "../../chaos/random.ts";
import { MemoryStore } from "../nonce/memory-store.ts";
import { SimulatedNode } from "./simulation/node.ts";
import { SimulatedProcess } from "./simulation/process.ts";
import { DoubtfulStore } from "./simulation/store.ts";
import { ours, transactionOf, transfer } from "./simulation/transactions.ts";

/** Another number gives other runs; a failing one is replayed alone: SIMULATION_SEED=… npx hardhat test mocha test/src/durable/simulation.test.ts */
const chosen = process.env["SIMULATION_SEED"];
const first = Number(chosen ?? Random.fresh().seed % 1_000_000_000);
const runs = chosen === undefined ? 30 : 1;
const steps = 120;

const stranger = "0x00000000000000000000000000000000000000ff";

/** One run: what people, nodes and processes do, drawn from a seed, and what must hold whenever it is looked. */
class Run {
  readonly #random: Random;
  readonly #store = new MemoryStore();
  readonly #doubtful: DoubtfulStore;
  readonly #node: SimulatedNode;
  readonly #keys: string[] = [];
  readonly #unexpected: unknown[] = [];
  #process: SimulatedProcess;
  #foreigners = 0;
  #isInDoubt = false;
  readonly #closings: Promise<void>[] = [];

  constructor(seed: number) {
    this.#random = new Random(seed);
    this.#node = new SimulatedNode(this.#random.derive("node"), (raw) => {
      if (!this.#isRecorded(raw)) this.#unexpected.push(new Error(`sent before it was durable: ${raw}`));
    });
    this.#doubtful = new DoubtfulStore(this.#store, this.#random.derive("store"));
    this.#process = new SimulatedProcess(this.#doubtful.store, this.#node);
  }

  async go(): Promise<void> {
    for (let step = 0; step < steps; step++) {
      this.#node.faultiness = this.#random.chance(0.5) ? 0.25 : 0.02;
      this.#doubtful.faultiness = this.#random.chance(0.1) ? 0.2 : 0;
      this.#step();
      for (let turns = this.#random.int(0, 30); turns > 0; turns--) await new Promise(setImmediate);
      this.#checkDisplacements();
    }
    await this.#heal();
    expect(this.#unexpected).to.deep.equal([]);
    const mined = this.#node.mined.map(transactionOf);
    expect(mined.map(({ nonce }) => nonce)).to.deep.equal(mined.map((_, n) => n));
    expect(
      mined
        .map(({ to }) => to)
        .filter((to) => to !== ours && !to.startsWith(stranger))
        .sort(),
      "each key once",
    ).to.deep.equal([...this.#keys].sort());
  }

  #step(): void {
    const random = this.#random;
    const what = random.next();
    if (this.#isInDoubt) this.#restart();
    if (what < 0.04) this.#send(this.#refuse(this.#newKey()));
    else if (what < 0.35) this.#send(this.#newKey());
    else if (what < 0.45 && this.#keys.length > 0) this.#send(random.pick(this.#keys));
    else if (what < 0.7) for (let blocks = random.int(1, 4); blocks > 0; blocks--) this.#node.mine(random.int(0, 4));
    else if (what < 0.76) this.#node.reorg(random.int(1, 12), random.chance(0.3));
    else if (what < 0.82) this.#node.drop();
    else if (what < 0.88) this.#node.foreign((nonce) => transfer(nonce, `${stranger}${this.#foreigners++}`));
    else if (what < 0.9 && this.#keys.length > 0) this.#wait(random.pick(this.#keys));
    else if (what < 0.92 && this.#keys.length > 0) this.#refuse(random.pick(this.#keys));
    else if (what < 0.96) this.#attend((lane, nonce) => (random.chance(0.7) ? lane.replace(nonce) : lane.cancel(nonce)));
    else this.#restart();
  }

  #newKey(): string {
    const key = `0x${(this.#keys.length + 1).toString(16).padStart(40, "0")}`;
    this.#keys.push(key);
    return key;
  }

  #send(key: string): void {
    this.#process.send(key).catch(this.#expected);
  }

  #attend(act: (lane: Awaited<SimulatedProcess["lane"]>, nonce: number) => Promise<unknown>): void {
    const attend = async (): Promise<void> => {
      const lane = await this.#process.lane;
      const open = lane.pending();
      if (open.length > 0) await act(lane, this.#random.derive(`attend ${this.#node.height}`).pick(open).nonce);
    };
    attend().catch(this.#expected);
  }

  /** What is told to be mined is a transaction of the key that some block had. */
  #wait(key: string): void {
    const wait = async (): Promise<void> => {
      const found = await (await this.#process.lane).included({ key: `to ${key}` });
      const attempts = this.#attempts().filter(({ hash }) => hash === found?.hash);
      if (attempts.length === 0) throw new Error(`${String(found?.hash)} is told to be mined and not recorded`);
    };
    wait().catch(this.#expected);
  }

  /** The node will not have this key's transaction, or will again. */
  #refuse(key: string): string {
    if (!this.#node.refused.delete(key)) this.#node.refused.add(key);
    return key;
  }

  /** A process dies, or is closed, which has to end. */
  #restart(): void {
    const former = this.#process;
    this.#isInDoubt = false;
    if (this.#random.chance(0.5)) former.kill();
    else this.#closings.push(former.lane.then((lane) => lane.close()).finally(() => { former.kill(); })); // prettier-ignore
    const closed = this.#closings.at(-1) ?? Promise.resolve();
    this.#process = new SimulatedProcess(this.#doubtful.store, this.#node, closed);
    void this.#process.lane.then((lane) => lane.resume()).catch(this.#expected);
  }

  /** Nothing goes wrong any more: every key is sent until it is final. */
  async #heal(): Promise<void> {
    this.#node.faultiness = 0;
    this.#node.refused.clear();
    this.#doubtful.faultiness = 0;
    this.#restart(); // the former may have ended in doubt
    for (let rounds = 0; rounds < 200; rounds++) {
      for (const key of this.#keys) this.#send(key);
      for (let blocks = 0; blocks < 8; blocks++) {
        this.#node.mine(8);
        for (let turns = 0; turns < 40; turns++) await new Promise(setImmediate);
      }
      const lane = await this.#process.lane;
      const settled = lane.pending().length === 0;
      const known = await Promise.all(this.#keys.map((key) => lane.recorded(`to ${key}`).catch(() => undefined)));
      this.#checkDisplacements();
      if (settled && known.every((each) => each !== undefined)) return;
    }
    const left = (await this.#process.lane).pending().map((open) => JSON.stringify(open));
    throw new Error(`it does not come to an end: ${left.join(", ")}; the account has sent ${this.#node.mined.length}`);
  }

  /** A caller may hear of doubt and of cancellations; nothing else. */
  readonly #expected = (error: unknown): void => {
    const codes = ["RPC_UNANSWERED", "RPC_REFUSED", "KEY_BEING_CANCELLED", "NONCE_NOT_OPEN"];
    codes.push(
      "RECORD_IN_DOUBT",
      "TRANSACTION_NOT_TAKEN",
      "TRANSACTION_CANCELLED",
      "DURABLE_CLOSED",
      "STORE_WRITE_FAILED",
      "VERSION_CONFLICT",
    );
    if (error instanceof RecordInDoubt) this.#isInDoubt = true;
    if (!(error instanceof MintdError && codes.includes(error.code))) this.#unexpected.push(error);
  };

  #attempts(): { readonly hash: string; readonly raw: string }[] {
    return this.#store.events.flatMap(({ kind, data }) => (kind === "attempted" ? [data as { hash: string; raw: string }] : []));
  }

  #isRecorded(raw: string): boolean {
    return this.#attempts().some((attempt) => attempt.raw === raw);
  }

  /** A nonce is given up only when another transaction of it is final. */
  #checkDisplacements(): void {
    const attempts = new Map<number, Set<string>>();
    for (const { kind, data } of this.#store.events) {
      const { nonce, hash } = data as { nonce: number; hash: string };
      if (kind === "attempted") attempts.set(nonce, (attempts.get(nonce) ?? new Set()).add(hash));
      if (kind !== "displaced") continue;
      const taker = this.#node.finalTakerOf(nonce);
      expect(taker, `nonce ${nonce} was given up`).to.be.a("string");
      expect(attempts.get(nonce)?.has(taker ?? ""), `nonce ${nonce} is ours`).to.equal(false);
    }
  }
}

describe("LaneNonces on a simulated node", function () {
  this.timeout(300_000);

  for (let run = 0; run < runs; run++) {
    const seed = first + run;
    it(`sends each key once under faults, reorgs, drops, strangers and deaths (SIMULATION_SEED=${seed})`, () => new Run(seed).go());
  }
});
