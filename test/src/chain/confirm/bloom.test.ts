import { expect } from "chai";
import { id, Wallet } from "ethers";
import { bloomBits, bloomMayHold } from "../../../../src/chain/confirm/bloom.ts";
import { MINTED_TOPIC } from "../../../../src/voucher/index.ts";
import { listOf, World } from "../../mintd/world.ts";

interface Log {
  readonly address: string;
  readonly topics: readonly string[];
}

describe("A block's bloom", function () {
  this.timeout(90_000);
  let world: World;

  before(async () => (world = await World.begin()));
  after(() => world.end());

  it("holds every address and topic of its logs, and hardly anything else", async () => {
    await world.mint(listOf(10));
    const [mint] = await world.anvil.rpc.request<{ blockNumber: string }[]>("eth_getLogs", [
      { fromBlock: "0x0", toBlock: "latest", topics: [MINTED_TOPIC] },
    ]);
    const block = await world.anvil.rpc.request<{ hash: string; logsBloom: string }>("eth_getBlockByNumber", [mint?.blockNumber, false]);
    const logs = await world.anvil.rpc.request<Log[]>("eth_getLogs", [{ blockHash: block.hash }]);
    expect(logs).to.have.lengthOf.at.least(20);
    for (const { address, topics } of logs) {
      for (const value of [address, ...topics]) expect(bloomMayHold(block.logsBloom, bloomBits(value)), value).to.equal(true);
    }
    const strangers = Array.from({ length: 500 }, () => Wallet.createRandom().address);
    expect(strangers.filter((address) => bloomMayHold(block.logsBloom, bloomBits(address))).length).to.be.below(25);
    expect(bloomMayHold(block.logsBloom, bloomBits(id("NoSuchEvent()")))).to.equal(false);
    expect(bloomMayHold(`0x${"0".repeat(512)}`, bloomBits(world.minter))).to.equal(false);
  });
});
