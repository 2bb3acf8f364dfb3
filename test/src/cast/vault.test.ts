import { expect } from "chai";
import { collateralNamed, readPool, Vault } from "../../../src/cast/index.ts";
import { tokenAbi } from "../../../src/cast/abi.ts";
import { RpcUnanswered } from "../../../src/chain/rpc/rpc.ts";
import { isCallOf, WatchedRpc } from "./watched-rpc.ts";
import { CastWorld } from "./world.ts";

/** Code that reverts, whatever it is asked. */
const REVERTS = "0x60006000fd";
const symbolOf = tokenAbi.getFunction("symbol")?.selector ?? "";

describe("The vault's collaterals", function () {
  this.timeout(60_000);
  let world: CastWorld;
  let rpc: WatchedRpc;
  let vault: Vault;
  let odd: string;

  before(async () => {
    world = await CastWorld.begin();
    odd = await (await world.addToken(6, 3, 5_000_000n)).getAddress();
  });
  after(() => world.end());
  beforeEach(() => {
    rpc = new WatchedRpc(world.anvil.rpc);
    vault = new Vault(rpc, world.contracts);
  });
  const symbols = async () => (await vault.pools(await vault.newest())).map(({ symbol }) => symbol);

  it("keep no symbol that was not answered", async () => {
    const down = new RpcUnanswered("eth_call", "node", "nothing within 10 ms");
    rpc.failure = (call) => (isCallOf(call, symbolOf) ? down : undefined);
    expect(await symbols().catch((error: unknown) => error)).to.equal(down);
    rpc.failure = () => undefined;
    expect(await symbols()).to.deep.equal(["WETH", "ODD"]);
  });

  it("are read without a token that breaks, before or after it was known", async () => {
    const clean = await world.anvil.rpc.request<string>("evm_snapshot", []);
    expect(await symbols()).to.have.length(2);
    for (const code of [REVERTS, "0x"]) {
      await world.anvil.rpc.request("anvil_setCode", [odd, code]);
      await world.anvil.mine();
      const { pools } = await readPool(vault, 0, 10);
      expect(pools.map(({ symbol, held }) => [symbol, held])).to.deep.equal([
        ["WETH", 0n],
        ["ODD", null],
      ]);
      const fresh = await new Vault(rpc, world.contracts).pools(await vault.newest());
      expect(collateralNamed("eth", fresh, world.contracts.WETH.address).pool.symbol).to.equal("WETH");
      expect(fresh).to.have.length(1);
    }
    await world.anvil.rpc.request("evm_revert", [clean]);
    expect((await readPool(vault, 0, 10)).pools.map(({ held }) => held)).to.deep.equal([0n, 0n]);
  });
});
