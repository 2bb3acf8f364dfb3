import { expect } from "chai";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { loadConfig } from "../../src/config/index.ts";
import { Secret } from "../../src/secret.ts";
import { openSqliteStore } from "../../src/store/index.ts";
import { accountOf, recordPath, settledUntil } from "../../tasks/accounts.ts";
import { closeAll } from "../../tasks/at-end.ts";
import { accountAt, type CastContext } from "../../tasks/cast-context.ts";
import { Anvil } from "../anvil.ts";
import { wallet } from "../src/cast/world.ts";
import { failure } from "../src/store/expectations.ts";

describe("The accounts that tasks send from", function () {
  this.timeout(120_000);
  const { privateKey, address } = wallet(3);
  const key = new Secret(privateKey);
  let anvil: Anvil;
  let home: string;
  let storePath: string;

  const account = (lanes: readonly Secret[]) => {
    const config = loadConfig({ env: {} });
    return accountOf(
      { network: "local", storePath, config, rpc: anvil.rpc, keys: { admin: key, voucher: key, lanes } },
      { chainId: 31_337 },
      key,
    );
  };
  const other = new Secret(wallet(2).privateKey);

  before(async () => {
    anvil = await Anvil.start();
  });
  after(() => anvil.kill());
  beforeEach(async () => {
    home = await mkdtemp(join(tmpdir(), "mintd-accounts-"));
    storePath = join(home, "local", "store.db");
  });
  afterEach(async () => {
    await closeAll();
    await rm(home, { recursive: true, force: true });
  });

  it("are one process's at a time", async () => {
    const keeper = await openSqliteStore({ path: recordPath({ storePath }, address) });
    const waiting = account([other]);
    const { hint } = await failure("ACCOUNT_IN_USE", waiting.settle());
    expect(hint).to.contain("--as");
    await keeper.close();
    await waiting.settle();
    await failure("STORE_IN_USE", openSqliteStore({ path: recordPath({ storePath }, address) }));
    await closeAll();
    await (await openSqliteStore({ path: recordPath({ storePath }, address) })).close();
  });

  it("wait for what an earlier run left, until a signal, and leave it to the next run then", async () => {
    await anvil.rpc.request("evm_setAutomine", [false]);
    const { signal } = new AbortController();
    const left = account([other]);
    const { hash } = await left.broadcast({ to: wallet(4).address, data: "0x", value: 1n });
    await closeAll();
    const over = new AbortController();
    const stopped = settledUntil(account([other]), over.signal);
    over.abort();
    expect(await stopped).to.equal(false);
    await closeAll();
    const waiting = settledUntil(account([other]), signal);
    await anvil.mineWhile(waiting, 1);
    expect(await waiting).to.equal(true);
    expect(await anvil.rpc.request("eth_getTransactionReceipt", [hash])).to.have.property("status", "0x1");
    await anvil.rpc.request("evm_setAutomine", [true]);
  });

  it("that are mintd's lane, too, wait until mintd has ended, and keep it out", async () => {
    const mintd = await openSqliteStore({ path: storePath });
    const sender = account([key]);
    const { hint } = await failure("ACCOUNT_IS_LANE", sender.settle());
    expect(hint).to.contain("stop mintd");
    await mintd.close();
    await sender.settle();
    await failure("STORE_IN_USE", openSqliteStore({ path: storePath }));
    await closeAll();
    await (await openSqliteStore({ path: storePath })).close();
  });

  it("that are mintd's lane, too, take no nonce while the lane has transactions on their way", async () => {
    const mintd = await openSqliteStore({ path: storePath });
    const attempt = { nonce: 0, hash: "0xab", raw: "0xcd", gasLimit: 21_000, maxFeePerGas: "1", maxPriorityFeePerGas: "1" };
    const events = [
      { kind: "opened", data: { nonce: 0 } },
      { kind: "attempted", data: { ...attempt, orderIds: ["order"] } },
    ];
    await mintd.append([{ stream: `lane/31337/${address.toLowerCase()}`, expected: 0, events }]);
    await mintd.close();
    const { message } = await failure("ACCOUNT_IS_LANE", account([key]).settle());
    expect(message).to.contain("1 transaction(s) on their way");
  });

  it("may be the only key where a task sends for a vote or a role, and never where it keeps something going", async () => {
    const config = loadConfig({ env: {} });
    const accounts = [{ getHexString: () => Promise.resolve(privateKey) }];
    const keys = { admin: key, voucher: key, lanes: [key] };
    const hre = { config: { networks: { sole: { accounts } } } };
    const where = { context: { hre, network: "sole", storePath, config, rpc: anvil.rpc, keys }, deployment: { chainId: 31_337 } };
    const at = (options?: object) => accountAt(where as unknown as CastContext, 0, true, options);
    await failure("INVALID_ARGUMENT", at());
    expect((await at({ soleKey: true })).address).to.equal(address);
    await failure("STORE_IN_USE", openSqliteStore({ path: storePath })); // mintd is kept out
  });
});
