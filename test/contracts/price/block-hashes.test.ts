// The hashes that the library gives are those of the chain: on Hardhat's EDR and on anvil. The Solidity test beside this
// file goes through the ages and through history contracts that misbehave.
import { expect } from "chai";
import { readFile } from "node:fs/promises";
import { Contract, ContractFactory, type InterfaceAbi, JsonRpcProvider, type Signer, toBeHex, ZeroHash } from "ethers";
import { network } from "hardhat";
import { Anvil } from "../../anvil.ts";

const HISTORY = "0x0000F90827F1C53a10cb7A02335B175320002935";

/** The contract that EIP-2935 puts there; EDR has a stub in its place that always reverts. */
const HISTORY_CODE =
  "0x3373fffffffffffffffffffffffffffffffffffffffe14604657602036036042575f35600143038111604257611fff81430311604257611fff9006545f5260205ff35b5f5ffd5b5f35611fff60014303065500";

/** Asks the library about a block: what it gives, and the height that was current for the call. */
type Find = (number: bigint) => Promise<readonly [hash: string, height: bigint]>;

interface Chain {
  readonly find: Find;
  readonly hashOf: (number: bigint) => Promise<string>;
}

async function deployReader(signer: Signer): Promise<Find> {
  const file = new URL("../../../cache/test-artifacts/test/contracts/mocks/BlockHashReader.sol/BlockHashReader.json", import.meta.url);
  const { abi, bytecode } = JSON.parse(await readFile(file, "utf8")) as { abi: InterfaceAbi; bytecode: string };
  const deployed = await (await new ContractFactory(abi, bytecode, signer).deploy()).waitForDeployment();
  const find = new Contract(deployed, abi, signer).getFunction("find");
  return async (number) => {
    const [hash, height] = (await find.staticCall(number)) as [string, bigint];
    return [hash, height];
  };
}

/** Asks for the block of `age` and compares with what the node says. */
async function expectChainsHash({ find, hashOf }: Chain, age: bigint): Promise<void> {
  const [, height] = await find(0n);
  const [hash, asked] = await find(height - age);
  expect(asked, "no block came between").to.equal(height);
  expect(hash, `age ${age.toString()}`).to.equal(await hashOf(height - age));
}

async function expectNothing({ find }: Chain, age: bigint): Promise<void> {
  const [, height] = await find(0n);
  expect((await find(height - age))[0], `age ${age.toString()}`).to.equal(ZeroHash);
}

describe("block hashes on EDR", () => {
  let chain: Chain;
  let history: () => Promise<void>;

  beforeEach(async () => {
    const { ethers, networkHelpers } = await network.create();
    const [signer] = await ethers.getSigners();
    if (!signer) throw new Error("the network has no account");
    const find = await deployReader(signer);
    const hashOf = async (number: bigint): Promise<string> => {
      const block = await ethers.provider.getBlock(number);
      if (typeof block?.hash !== "string") throw new Error("the chain has no such block");
      return block.hash;
    };
    history = async () => {
      await networkHelpers.setCode(HISTORY, HISTORY_CODE);
      const height = BigInt(await networkHelpers.time.latestBlock());
      for (let number = height > 310n ? height - 310n : 0n; number < height; number++) {
        await networkHelpers.setStorageAt(HISTORY, toBeHex(number % 8191n), await hashOf(number));
      }
    };
    await networkHelpers.mine(320);
    chain = { find, hashOf };
  });

  it("are the chain's up to 256 blocks back, and none where the history contract is a stub that reverts", async () => {
    for (const age of [1n, 255n, 256n]) await expectChainsHash(chain, age);
    for (const age of [0n, -1n, -300n, 257n, 299n, 300n, 301n]) await expectNothing(chain, age);
  });

  it("are the chain's up to 300 blocks back with the history contract", async () => {
    await history();
    for (const age of [1n, 255n, 256n, 257n, 299n, 300n]) await expectChainsHash(chain, age);
    for (const age of [0n, -1n, -300n, 301n]) await expectNothing(chain, age);
  });
});

describe("block hashes on anvil", function () {
  this.timeout(600_000);
  let anvil: Anvil;
  let chain: Chain;
  let provider: JsonRpcProvider;

  before(async () => {
    anvil = await Anvil.start();
    provider = new JsonRpcProvider(anvil.url, undefined, { staticNetwork: true, cacheTimeout: -1 });
    chain = {
      find: await deployReader(await provider.getSigner(0)),
      hashOf: async (number) => {
        const block = await provider.getBlock(number);
        if (typeof block?.hash !== "string") throw new Error("the chain has no such block");
        return block.hash;
      },
    };
  });

  after(async () => {
    provider.destroy();
    await anvil.kill();
  });

  it("are those of the genesis block while it is at most 300 blocks old", async () => {
    const mineTo = async (wanted: bigint): Promise<void> => {
      const [, height] = await chain.find(0n);
      await anvil.mine(Number(wanted - height));
    };
    const genesis = await chain.hashOf(0n);
    expect((await chain.find(0n))[0]).to.equal(genesis);
    for (const height of [255n, 256n, 257n, 299n, 300n]) {
      await mineTo(height);
      expect(await chain.find(0n), `height ${height.toString()}`).to.deep.equal([genesis, height]);
    }
    await mineTo(301n);
    expect(await chain.find(0n)).to.deep.equal([ZeroHash, 301n]);
  });

  it("are the chain's up to 300 blocks back, by the node's own history contract", async () => {
    await anvil.mine(100);
    for (const age of [1n, 255n, 256n, 257n, 299n, 300n]) await expectChainsHash(chain, age);
    for (const age of [0n, -1n, -300n, 301n]) await expectNothing(chain, age);
  });
});
