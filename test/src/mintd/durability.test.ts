import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { DatabaseSync } from "node:sqlite";
import { inspect } from "node:util";
import { RpcUnanswered } from "../../../src/chain/index.ts";
import { describeError } from "../../../tasks/print.ts";
import { laneAccount, listOf, minting, rpcWith, voucherSigner, World } from "./world.ts";

describe("mintd's record", function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => (world = await World.begin()));
  afterEach(() => world.end());

  it("holds the signed bytes, for any other process to read, before they are sent", async () => {
    const durable: boolean[] = [];
    const rpc = rpcWith(world.anvil.rpc, (method, params) => {
      if (method !== "eth_sendRawTransaction") return;
      // At once and without the store's own code: by the time of an answer the bytes might have got there after all.
      const file = new DatabaseSync(world.storePath, { readOnly: true });
      const found = file.prepare("SELECT count(*) AS n FROM events WHERE kind = 'attempted' AND instr(data, ?) > 0").get(String(params[0]));
      durable.push(found?.["n"] === 1);
      file.close();
    });
    await world.mint(listOf(150), { rpc });
    expect(durable).to.have.lengthOf.at.least(2);
    expect(durable).to.not.include(false);
  });

  it("mints each row once although every third request of the lane is answered to nobody", async () => {
    let sent = 0;
    const losing = rpcWith(
      world.anvil.rpc,
      () => undefined,
      (method) => {
        if (method === "eth_sendRawTransaction" && sent++ % 3 === 0) throw new RpcUnanswered(method, "the test's endpoint", "ECONNRESET");
      },
    );
    const report = await world.mint(listOf(200), { rpc: losing, settings: { batch: { maxItems: 25, maxWaitMs: 0 } } });
    expect(report).to.include({ minted: 200, final: 200 });
    expect(new Set(await world.minted()).size).to.equal(200);
    expect(await world.minted()).to.have.lengthOf(200);
    expect(world.troubles).to.have.lengthOf.at.least(1);
  });

  it("and all that it says hold no private key, with 0x or without, in hexadecimal or as bytes", async () => {
    const said: string[] = [];
    const write = { out: process.stdout.write.bind(process.stdout), err: process.stderr.write.bind(process.stderr) };
    const listen = (chunk: string | Uint8Array): boolean => {
      said.push(Buffer.from(chunk).toString());
      return true;
    };
    process.stdout.write = listen;
    process.stderr.write = listen;
    try {
      let failures = 0;
      const rpc = rpcWith(world.anvil.rpc, (method) => {
        if (failures++ % 7 === 3) throw new RpcUnanswered(method, "the test's endpoint", "HTTP 500");
      });
      const mintd = await world.open();
      console.log(inspect(mintd, { depth: 20, showHidden: true }), mintd);
      await mintd.stop();
      const errors: unknown[] = [];
      await world.mint(listOf(30)).catch((error: unknown) => errors.push(error));
      const faulty = await world.open({ rpc }).catch((error: unknown) => void errors.push(error));
      if (faulty) {
        await faulty.start().catch((error: unknown) => errors.push(error));
        minting(faulty, listOf(5, 50)).catch((error: unknown) => errors.push(error));
        await faulty.stop();
      }
      await world
        .open({ rpc: rpcWith(world.anvil.rpc, () => Promise.reject(new Error("broken"))) })
        .catch((error: unknown) => errors.push(error));
      for (const error of [...errors, ...world.troubles]) console.error(describeError(error), inspect(error, { depth: 20 }), error);
      expect(errors).to.have.lengthOf.at.least(1);
    } finally {
      process.stdout.write = write.out;
      process.stderr.write = write.err;
    }
    const store = Buffer.concat(await Promise.all(["", "-wal"].map((end) => readFile(world.storePath + end).catch(() => Buffer.alloc(0)))));
    expect(store.length).to.be.greaterThan(10_000);
    const everything = `${said.join("\n")}\n${store.toString("latin1")}`.toLowerCase();
    for (const { privateKey, address } of [laneAccount, voucherSigner]) {
      const key = privateKey.slice(2).toLowerCase();
      expect(everything.includes(key)).to.equal(false);
      expect(store.includes(Buffer.from(key, "hex"))).to.equal(false);
      expect(everything.includes(Buffer.from(key, "hex").toString("base64").toLowerCase())).to.equal(false);
      if (address === laneAccount.address) expect(everything.includes(address.slice(2).toLowerCase())).to.equal(true); // the search finds what is there
    }
  });
});
