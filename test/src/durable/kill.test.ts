import { expect } from "chai";
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { computeAddress } from "ethers";
import { readLane } from "../../../src/chain/index.ts";
import { openSqliteStore } from "../../../src/store/index.ts";
import { eventually } from "../../eventually.ts";
import { Random } from "../../chaos/random.ts";
import type { Job } from "./sender.ts";
import { keyAt, receiver, seed, usualFaults, World } from "./world.ts";

const count = 60;
const receivers = Array.from({ length: count }, (_, n) => receiver(n));
const address = computeAddress(keyAt(0));

class Sender {
  readonly lines: string[] = [];
  readonly #process: ChildProcess;

  constructor(job: Job) {
    this.#process = spawn(process.execPath, [join(import.meta.dirname, "sender.ts"), JSON.stringify(job)], {
      stdio: ["ignore", "pipe", "inherit"],
    });
    const { stdout } = this.#process;
    if (!stdout) throw new TypeError("stdout is piped");
    createInterface({ input: stdout }).on("line", (line) => this.lines.push(line));
  }

  get isOver(): boolean {
    return this.#process.exitCode !== null || this.#process.signalCode !== null;
  }

  /** Resolves when it has told so many hashes, or is over. */
  async told(hashes: number): Promise<void> {
    await eventually(`${hashes} hashes`, () => this.lines.length >= hashes || this.isOver || undefined, 60_000);
  }

  async kill(): Promise<void> {
    if (this.isOver) return;
    const ended = once(this.#process, "close");
    this.#process.kill("SIGKILL");
    await ended;
  }

  async done(): Promise<void> {
    if (!this.isOver) await once(this.#process, "close");
    expect(this.lines.at(-1)).to.equal("done");
  }
}

for (const library of ["ethers", "viem"] as const) {
  describe(`a process that sends durably with ${library} and is killed (DURABLE_SEED=${seed})`, function () {
    this.timeout(120_000);

    const jobIn = (world: World): Job => ({
      library,
      url: world.proxy.url,
      path: world.path,
      privateKey: keyAt(0),
      receivers,
      keyed: true,
    });

    it("and is run again with the same keys, again and again, sends each exactly once, through a faulty endpoint", async () => {
      await using world = await World.open({ blockTime: 0.05 });
      world.proxy.beginAnew(usualFaults);
      const random = new Random(seed).derive(library);
      let told: string[] = [];
      for (let kills = 0; kills < 3; kills++) {
        const sender = new Sender(jobIn(world));
        await sender.told(random.int(1, count / 2));
        await sender.kill();
        told = [...told, ...sender.lines.filter((line) => line.startsWith("0x"))];
      }
      const last = new Sender(jobIn(world));
      await last.done();
      const mined = await world.minedOf(address);
      expect(mined.map(({ to }) => to).sort(), "what the chain mined is the set of keys").to.deep.equal([...receivers].sort());
      expect(
        mined.map(({ nonce }) => Number(nonce)),
        "dense nonces",
      ).to.deep.equal(receivers.map((_, n) => n));
      const hashes = new Set(mined.map(({ hash }) => hash));
      expect(
        told.filter((hash) => !hashes.has(hash)),
        "whatever a killed process told is what was mined",
      ).to.deep.equal([]);
    });

    it("and is started again without anything to send, sends what it had recorded, the same bytes, once", async () => {
      await using world = await World.open({ noMining: true });
      const job = { ...jobIn(world), keyed: false };
      const sender = new Sender(job);
      await sender.told(count / 3);
      await sender.kill();
      await world.anvil.rpc.request("anvil_dropAllTransactions", []); // as a node does that is restarted
      const store = await openSqliteStore({ path: world.path, readOnly: true });
      const { open } = await readLane(store, 31_337, address);
      await store.close();
      const recorded = [...open.values()].flatMap(({ attempts }) => attempts.map(({ hash }) => hash));
      expect(recorded).to.have.length.at.least(count / 3);
      const next = new Sender({ ...job, receivers: [] });
      await world.anvil.mineWhile(next.done());
      const mined = await world.minedOf(address);
      expect(mined.map(({ hash }) => hash)).to.deep.equal(recorded);
      expect(new Set(mined.map(({ to }) => to)).size).to.equal(mined.length);
    });
  });
}
