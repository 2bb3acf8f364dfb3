import { expect } from "chai";
import { existsSync } from "node:fs";
import { requestOf } from "../../../src/list/mint-list.ts";
import type { Deployment, Rpc } from "../../../src/chain/index.ts";
import { Secret } from "../../../src/secret.ts";
import { Anvil } from "../../anvil.ts";
import { eventually } from "../../eventually.ts";
import { failure } from "../store/expectations.ts";
import { attempts, laneAccount, listOf, minting, stranger, until, World } from "./world.ts";

/** An endpoint whose answers to some methods are replaced. */
function answering(rpc: Rpc, answers: Readonly<Record<string, unknown>>): Rpc {
  return {
    request: <T>(method: string, params: readonly unknown[]) =>
      method in answers ? Promise.resolve(answers[method] as T) : rpc.request<T>(method, params),
    each: (calls) => rpc.each(calls),
  };
}

const code = (error: unknown): unknown => (error as { readonly code?: unknown }).code;

describe("mintd refuses to start", function () {
  this.timeout(120_000);
  let world: World;

  beforeEach(async () => (world = await World.begin()));
  afterEach(() => world.end());

  const elsewhere = (change: Partial<Deployment>): Deployment => ({ ...world.deployment, ...change });

  describe("before there is a store, and leaves none behind,", () => {
    afterEach(() => {
      expect(existsSync(world.storePath)).to.equal(false);
    });

    it("on another chain: CHAIN_MISMATCH names both", async () => {
      const error = await failure("CHAIN_MISMATCH", world.open({ deployment: elsewhere({ chainId: 8_453 }) }));
      expect(error.message).to.contain("31337").and.to.contain("8453");
    });

    it("on a chain that was started anew: GENESIS_MISMATCH", async () => {
      const other = `0x${"ab".repeat(32)}`;
      const error = await failure("GENESIS_MISMATCH", world.open({ deployment: elsewhere({ genesisHash: other }) }));
      expect(error.message).to.contain(other).and.to.contain(world.deployment.genesisHash);
    });

    it("without a contract at the minter's address: NO_CODE_AT_ADDRESS", async () => {
      const { contracts } = world.deployment;
      const VoucherMinter = { ...contracts.VoucherMinter, address: stranger.address };
      const error = await failure(
        "NO_CODE_AT_ADDRESS",
        world.open({ deployment: elsewhere({ contracts: { ...contracts, VoucherMinter } }) }),
      );
      expect(error.message).to.contain(stranger.address);
    });

    it("with another contract at the minter's address: NO_CODE_AT_ADDRESS", async () => {
      const { contracts } = world.deployment;
      const VoucherMinter = { ...contracts.VoucherMinter, address: contracts.AccessManager.address };
      await failure("NO_CODE_AT_ADDRESS", world.open({ deployment: elsewhere({ contracts: { ...contracts, VoucherMinter } }) }));
    });

    it("with a key that may not sign vouchers: SIGNER_NOT_AUTHORISED, which names the address and not the key", async () => {
      const error = await failure("SIGNER_NOT_AUTHORISED", world.open({ voucherKey: new Secret(stranger.privateKey) }));
      expect(error.message).to.contain(stranger.address).and.not.to.contain(stranger.privateKey.slice(2));
    });
  });

  it("with a lane that has no money: INSUFFICIENT_FUNDS, and records nothing", async () => {
    const poor = stranger.deriveChild(7);
    await using mintd = await world.open({ laneKeys: [new Secret(poor.privateKey)] });
    const before = await mintd.store.head();
    const error = await failure("INSUFFICIENT_FUNDS", mintd.start());
    expect(error.message).to.contain(poor.address).and.to.contain("has 0 ETH");
    expect(error.hint).to.contain(poor.address);
    expect(await mintd.store.head()).to.equal(before);
  });

  it("on a store that belongs to another chain: GENESIS_MISMATCH, and records nothing", async () => {
    await (await world.open()).stop();
    const before = await world.events();
    const fresh = await Anvil.start({ args: ["--timestamp", "1700000000"] });
    try {
      const genesisHash = (await fresh.rpc.request<{ hash: string }>("eth_getBlockByNumber", ["0x0", false])).hash;
      const rpc = answering(world.anvil.rpc, { eth_getBlockByNumber: { hash: genesisHash, gasLimit: "0x1c9c380" } });
      await failure("GENESIS_MISMATCH", world.open({ rpc, deployment: elsewhere({ genesisHash }) }));
    } finally {
      await fresh.kill();
    }
    expect(await world.events()).to.deep.equal(before);
  });

  it("on a store that another mintd has open: STORE_IN_USE, and the other goes on", async () => {
    await using first = await world.open();
    await failure("STORE_IN_USE", world.open());
    await first.start();
    expect(await world.anvil.mineWhile(minting(first, listOf(3)))).to.include({ final: 3 });
  });

  it("when final blocks are gone: FINAL_BLOCKS_LOST, and touches no order", async () => {
    const rows = listOf(5, 100);
    const fork = await world.anvil.rpc.request<string>("evm_snapshot", []);
    await world.mint(rows);
    const unfinished = listOf(1, 200);
    const first = await world.open();
    await first.start();
    minting(first, unfinished).catch(() => undefined); // it is stopped below
    await until(first, "tentative", 1);
    await first.stop();
    await world.anvil.rpc.request("evm_revert", [fork]);
    await world.anvil.mine(70);
    await using mintd = await world.open();
    const before = await mintd.store.head();
    const error = await failure("FINAL_BLOCKS_LOST", mintd.start());
    expect(error.message).to.match(/block \d+ was final as 0x/);
    expect(await mintd.store.head()).to.equal(before);
    const kinds = [...rows, ...unfinished].map(async (row) => (await mintd.book.find(requestOf(row, "default").orderId)).kind);
    expect(await Promise.all(kinds)).to.deep.equal(["final", "final", "final", "final", "final", "tentative"]);
  });

  it("and stops its lane, when that runs out of money on the way, before it signs anything; with money it goes on", async () => {
    const rows = listOf(20, 300);
    const balance = (wei: bigint) => world.anvil.rpc.request("anvil_setBalance", [laneAccount.address, `0x${wei.toString(16)}`]);
    await balance(10n ** 15n); // enough to start
    await using mintd = await world.open();
    const signed = await attempts(world);
    await mintd.start();
    await balance(1_000n);
    await world.anvil.mine();
    const list = minting(mintd, rows);
    await eventually("the lane is without funds", () => world.troubles.some((error) => code(error) === "INSUFFICIENT_FUNDS") || undefined);
    expect(await attempts(world)).to.have.lengthOf(signed.length);
    await balance(10n ** 21n);
    expect(await world.anvil.mineWhile(list)).to.include({ minted: 20, final: 20 });
  });
});
