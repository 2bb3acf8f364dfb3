import { existsSync } from "node:fs";
import { readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:http";
import { join } from "node:path";
import { expect } from "chai";
import { isAlive, startLocalChain } from "../../src/chain/index.ts";
import { systemClock } from "../../src/clock.ts";
import { type Moment, momentIn, randomFrom, reached, seed, type Stage } from "./moments.ts";
import { expectExactlyOnce, expectProven, expectRefused, gone, listening, type Run, Service } from "./service.ts";

/** Starts again and again, kills at each moment, and lets the last run end by itself. */
async function killAt(service: Service, moments: readonly Moment[], kill: (run: Run) => Promise<void>) {
  for (const moment of moments) {
    const run = service.start();
    if (await reached(run, moment)) await kill(run);
    await run.end();
  }
  return service.start().end();
}

function moments(from: number, stages: readonly Stage[]): Moment[] {
  const random = randomFrom(from);
  return stages.map((stage) => momentIn(stage, random));
}

const inWords = (moments: readonly Moment[]): string => moments.map(({ after, ms }) => `${ms} ms after "${after.source}"`).join(", ");

describe("mintd is killed and started again", function () {
  this.timeout(600_000);
  before(() => {
    console.log(`      E2E_SEED=${seed}`);
  });

  describe("the service alone", () => {
    let service: Service;
    before(async () => {
      service = await Service.create({ rows: 100, blockTime: 0.1 });
    });
    after(() => service.end());

    it("mints every row exactly once, whenever it is killed", async () => {
      const at = moments(seed, ["while it deploys", "while it mints", "while it mints", "while it waits for final"]);
      console.log(`      killed ${inWords(at)}`);
      const ended = await killAt(service, at, async (run) => {
        await service.chainPid();
        run.kill("SIGKILL");
      });
      expectProven(ended, service.rows);
      expect(isAlive(await service.chainPid()), "the chain ends with the run").to.equal(false);
    });

    it("agrees with mint:verify", async () => {
      expectExactlyOnce(await service.verify(), service.rows);
    });

    it("refuses a chain that was begun anew, and changes nothing", async () => {
      await service.keepState("final.json");
      await rm(service.state);
      const before = await service.belongings();
      expectRefused(await service.start().end(), "GENESIS_MISMATCH");
      expect(await service.belongings()).to.deep.equal(before);
      expect(existsSync(service.state), "the refused chain is not kept").to.equal(false);
    });

    it("refuses the state of another chain, and changes nothing", async () => {
      const directory = join(service.home, "another");
      const options = { directory, port: service.port, blockTimeSeconds: 0.1, clock: systemClock, projectRoot: process.cwd() };
      await (await startLocalChain(options)).stop();
      const before = await service.belongings();
      await service.bringBackState("another/chain-state.json");
      expectRefused(await service.start().end(), "GENESIS_MISMATCH");
      expect(await service.belongings()).to.deep.equal(before);
      await service.bringBackState("final.json");
    });

    it("refuses a port on which another program listens", async () => {
      const other = createServer((_, answer) => answer.end("hello"));
      await listening(other, service.port);
      try {
        expectRefused(await service.start().end(), "PORT_IN_USE");
      } finally {
        other.closeAllConnections();
        other.close();
      }
    });

    it("mints nothing new when it is run once more", async () => {
      const ended = await service.start().end();
      expectProven(ended, service.rows);
      const { list } = JSON.parse(ended.out) as { list: Record<string, number> };
      expect(list).to.include({ finalBefore: service.rows, accepted: 0, resumed: 0, transactions: 0 });
    });

    it("puts the old aside with --fresh; ends at once on SIGTERM while it deploys", async () => {
      const run = service.start("--fresh");
      expect(await run.said(/local chain at/)).to.equal(true);
      const node = await service.chainPid();
      process.kill(node, "SIGSTOP"); // a chain that takes its time to be saved
      run.kill("SIGTERM");
      await Promise.race([run.ended, systemClock.pause(2_000)]);
      process.kill(node, "SIGCONT");
      expectRefused(await run.end(30_000), "INTERRUPTED");
      await gone(node, 100);
      const [aside] = (await readdir(join(service.home, ".mintd"))).filter((name) => name.startsWith("local."));
      const kept = await readdir(join(service.home, ".mintd", aside ?? "none"));
      expect(kept).to.include.members(["chain", "store.db", "deployments"]);
      const state = join(service.home, ".mintd", aside ?? "none", "chain/chain-state.json");
      expect((await readFile(state)).length).to.be.greaterThan(0);
    });

    it("ends at once on SIGINT while it mints; a later run finishes", async () => {
      const run = service.start();
      expect(await run.said(/minted [1-9]/)).to.equal(true);
      const node = await service.chainPid();
      run.kill("SIGINT");
      expectRefused(await run.end(30_000), "INTERRUPTED");
      await gone(node, 100);
      expectProven(await service.start().end(), service.rows);
    });
  });

  describe("the service together with the local chain", () => {
    let service: Service;
    before(async () => {
      service = await Service.create({ rows: 80, blockTime: 0.3 });
    });
    after(() => service.end());

    it("mints every row exactly once, whenever both are killed", async () => {
      const at = moments(seed + 1, ["while it deploys", "while it mints", "while it waits for final"]);
      console.log(`      killed ${inWords(at)}`);
      const ended = await killAt(service, at, async (run) => {
        run.kill("SIGKILL");
        await run.ended;
        await service.killChain();
      });
      expectProven(ended, service.rows);
    });

    it("agrees with mint:verify", async () => {
      expectExactlyOnce(await service.verify(), service.rows);
    });

    it("says so when the chain alone ends", async () => {
      const run = service.start("--fresh");
      expect(await run.said(/contracts deployed/)).to.equal(true);
      await service.keepState("older.json");
      expect(await run.said(/minted [1-9]/)).to.equal(true);
      await service.killChain();
      expectRefused(await run.end(15_000), "LOCAL_CHAIN_FAILED");
      await service.bringBackState("older.json");
    });

    it("waits for a disk that does not answer, so that a kill of both never takes what is final", async () => {
      await service.holdDisk();
      const run = service.start();
      expect(await run.said(/lost its newest \d+ block\(s\), none of them final/)).to.equal(true);
      const head = await service.head();
      try {
        expect(await run.said(/the local chain waits/)).to.equal(true);
        expect(await service.head()).to.equal(head);
      } finally {
        run.kill("SIGKILL");
        await run.ended;
        await service.killChain();
        await service.releaseDisk();
      }
    });

    it("drives the orders again whose blocks the older copy lacks", async () => {
      expectProven(await service.start().end(), service.rows);
    });

    it("refuses a copy of the chain that lacks final blocks, and mints nothing anew", async () => {
      await service.keepState("final.json");
      await service.bringBackState("older.json");
      const before = await service.belongings();
      expectRefused(await service.start().end(), "FINAL_BLOCKS_LOST");
      expect(await service.belongings()).to.deep.equal(before);
      await service.bringBackState("final.json");
      expectExactlyOnce(await service.verify(), service.rows);
    });
  });

  describe("on a platform without anvil", () => {
    let service: Service;
    before(async () => {
      service = await Service.create({ rows: 60, blockTime: 0.1, env: { MINTD_LOCAL_NODE: "hardhat" } });
    });
    after(() => service.end());

    it("takes Hardhat's own node and says so", async () => {
      const ended = await service.start().end();
      expect(ended.err).to.match(/Hardhat's node \(no anvil/);
      expectProven(ended, service.rows);
      expect(isAlive(await service.chainPid())).to.equal(false);
    });
  });
});
