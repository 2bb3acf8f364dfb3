import { expect } from "chai";
import { parseEther } from "ethers";
import { deposit, Keeper, type KeeperEvent, type LeastGain, mint, moreThanGas, VaultKeeper } from "../../../src/cast/index.ts";
import { RpcRefused } from "../../../src/chain/rpc/rpc.ts";
import { WatchedRpc } from "./watched-rpc.ts";
import { CastWorld, wallet } from "./world.ts";

const KEEPER = 9;

describe("What a keeper's liquidations must gain", function () {
  this.timeout(60_000);
  let world: CastWorld;

  before(async () => {
    world = await CastWorld.begin();
    for (const [index, ether, debt] of [
      [KEEPER, "20", "2500"],
      [3, "1", "1300"],
    ] as const) {
      const move = await world.move(index);
      await deposit(move, parseEther(ether));
      await mint(move, parseEther(debt));
    }
    await world.setPrice(1_600n);
  });
  after(() => world.end());

  const chainOf = (leastGain?: LeastGain) => new VaultKeeper(world.vault, world.account(KEEPER), 0, leastGain);
  const aboveOf = async (leastGain?: LeastGain) => (await chainOf(leastGain).survey(await world.vault.newest())).aboveD18;

  it("is nothing unless it is told, and its gas at ether's price where both are known", async () => {
    const { rpc } = world.anvil;
    const { WETH } = world.contracts;
    expect(await aboveOf()).to.equal(undefined);
    const weiPerGas = BigInt(await rpc.request<string>("eth_gasPrice", []));
    expect(await aboveOf(moreThanGas(rpc, WETH.address.toLowerCase()))).to.equal(110_000n * weiPerGas * 1_600n);
    expect(await aboveOf(moreThanGas(rpc, wallet(1).address))).to.equal(0n);
    const silent = new WatchedRpc(rpc);
    silent.failure = ({ method }) => (method === "eth_gasPrice" ? new RpcRefused(method, -32_601, "no such method", undefined) : undefined);
    expect(await aboveOf(moreThanGas(silent, WETH.address))).to.equal(0n);
  });

  it("keeps a pass from sending what gains less", async () => {
    const events: KeeperEvent[] = [];
    const onEvent = (event: KeeperEvent) => events.push(event);
    const pass = async (least: string) => {
      events.length = 0;
      await new Keeper(
        chainOf(() => Promise.resolve(parseEther(least))),
        { onEvent },
      ).pass();
      return events.filter(({ kind }) => kind === "sent").length;
    };
    expect(await pass("130")).to.equal(0); // the bonus of 10 %
    expect(await pass("129")).to.equal(1);
  });
});
