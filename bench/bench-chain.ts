import { mkdtemp, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ContractFactory, JsonRpcProvider, keccak256, NonceManager, Wallet } from "ethers";
import { type Deployment, type LocalChain, startLocalChain } from "../src/chain/index.ts";
import { systemClock } from "../src/clock.ts";
import { Secret } from "../src/secret.ts";

/** Keys of the mnemonic "test test … junk" that every development node funds. */
export const keys = {
  admin: new Secret("0xac0974bec39a17e36ba4a6b4d238ff944bacb478cbed5efcae784d7bf4f2ff80"),
  voucher: new Secret("0x59c6995e998f97a5a0044966f0945389dc9e86dae88c7a8412f4603b6b78690d"),
  lane: new Secret("0x5de4111afa1a4b94908f83103eb1f1706367c2e68ca870fc3fb9a804cdab365a"),
  raw: new Secret("0x7c852118294e51e653712a81e05800f419141751be58f605c371e15141b007a6"),
};

export interface BenchChain extends AsyncDisposable {
  readonly chain: LocalChain;
  readonly deployment: Deployment;
  readonly directory: string;
}

/** A new anvil with blocks of `blockTimeSeconds` and so much gas, the minters deployed, in a folder that goes with it. */
export async function benchChain(blockTimeSeconds: number, blockGasLimit: number): Promise<BenchChain> {
  const directory = await mkdtemp(join(tmpdir(), "mintd-bench-"));
  const projectRoot = join(import.meta.dirname, "..");
  const chain = await startLocalChain({
    directory: join(directory, "chain"),
    port: await freePort(),
    blockTimeSeconds,
    blockGasLimit,
    clock: systemClock,
    projectRoot,
  });
  const deployment = await deployMinters(chain.url);
  return {
    chain,
    deployment,
    directory,
    async [Symbol.asyncDispose]() {
      chain.kill();
      await rm(directory, { recursive: true, force: true });
    },
  };
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const address = server.address();
  await new Promise((resolve) => server.close(resolve));
  if (address === null || typeof address === "string") throw new TypeError("a TCP server has a port");
  return address.port;
}

/** Deploys the minters and grants the voucher signer. */
export async function deployMinters(url: string): Promise<Deployment> {
  const provider = new JsonRpcProvider(url, undefined, { pollingInterval: 100 });
  const admin = new NonceManager(new Wallet(keys.admin.reveal(), provider));
  const deploy = async (path: string, args: string[]) => {
    const artifact = JSON.parse(await readFile(join(import.meta.dirname, "../artifacts", path), "utf8")) as { abi: []; bytecode: string };
    const contract = await new ContractFactory(artifact.abi, artifact.bytecode, admin).deploy(...args);
    await contract.waitForDeployment();
    const address = await contract.getAddress();
    return { contract, record: { address, args, codeHash: keccak256(await provider.getCode(address)) } };
  };
  const adminAddress = await admin.getAddress();
  const manager = await deploy("@openzeppelin/contracts/access/manager/AccessManager.sol/AccessManager.json", [adminAddress]);
  const authority = manager.record.address;
  const tokens = await deploy("contracts/mint/VoucherMinter.sol/VoucherMinter.json", [authority, "bench", "B", ""]);
  const editions = await deploy("contracts/mint/EditionMinter.sol/EditionMinter.json", [authority, "bench", "B", ""]);
  for (const { contract } of [tokens, editions]) {
    const granted = (await contract.getFunction("grantSigner")(new Wallet(keys.voucher.reveal()).address)) as { wait(): Promise<unknown> };
    await granted.wait();
  }
  const genesis = await provider.getBlock(0);
  const block = await provider.getBlockNumber();
  provider.destroy();
  return {
    network: "local",
    chainId: 31337,
    genesisHash: genesis?.hash ?? "",
    block,
    admin: adminAddress,
    contracts: { AccessManager: manager.record, VoucherMinter: tokens.record, EditionMinter: editions.record },
  };
}
