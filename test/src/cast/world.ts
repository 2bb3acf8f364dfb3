import { readFile } from "node:fs/promises";
import { Contract, ContractFactory, HDNodeWallet, id, JsonRpcProvider, keccak256 } from "ethers";
import { Account, type AccountOptions, type Block, collateralNamed, type Move, type Pool, Vault } from "../../../src/cast/index.ts";
import type { CastContracts, Deployment } from "../../../src/chain/index.ts";
import { Secret } from "../../../src/secret.ts";
import { Anvil, type AnvilOptions } from "../../anvil.ts";
import { MemoryStore } from "../nonce/memory-store.ts";

export const ETH = 1n;
export const PRICE_UNIT = 10n ** 8n;

/** An account whose record is in memory, for a chain that lives as long. */
export const accountOptions: AccountOptions = {
  chainId: 31_337,
  openStore: () => Promise.resolve(new MemoryStore()),
  limits: { maxFeePerGas: 200n * 10n ** 9n, priorityFee: 10n ** 9n },
  pollMs: 5,
};

/** One of the accounts that anvil funds. */
export const wallet = (index: number): HDNodeWallet =>
  HDNodeWallet.fromPhrase("test test test test test test test test test test test junk", "", `m/44'/60'/0'/0/${index}`);

const mocks = "cache/test-artifacts/test/contracts/mocks";

/** A vault under a price that the test sets, and the vote over it, on an anvil of its own. */
export class CastWorld {
  readonly anvil: Anvil;
  readonly contracts: CastContracts;
  readonly deployment: Deployment;
  readonly vault: Vault;
  readonly #provider: JsonRpcProvider;
  readonly #owner: HDNodeWallet;
  readonly #feed: Contract;
  readonly #accounts = new Map<number, Account>();

  private constructor(anvil: Anvil, provider: JsonRpcProvider, owner: HDNodeWallet, feed: Contract, deployment: Deployment) {
    this.anvil = anvil;
    this.#provider = provider;
    this.#owner = owner;
    this.#feed = feed;
    this.deployment = deployment;
    this.contracts = deployment.cast as CastContracts;
    this.vault = new Vault(anvil.rpc, this.contracts);
  }

  /** Wrapped ether at 150 %, a bonus of 10 %, prices of an hour, a floor of 100 and a ceiling of a million. */
  static async begin(options: AnvilOptions = {}): Promise<CastWorld> {
    const anvil = await Anvil.start(options);
    const provider = new JsonRpcProvider(anvil.url, 31_337, { staticNetwork: true, cacheTimeout: -1, pollingInterval: 20 });
    const owner = wallet(0).connect(provider);
    const make = (path: string, ...args: unknown[]) => deployed(owner, path, args);
    const at = (contract: Contract) => contract.getAddress();
    const manager = await make("artifacts/@openzeppelin/contracts/access/manager/AccessManager.sol/AccessManager.json", wallet(0).address);
    const weth = await make("artifacts/contracts/local/WrappedEther.sol/WrappedEther.json");
    const feed = await make(`${mocks}/SettableFeed.sol/SettableFeed.json`);
    const vaultPath = "artifacts/contracts/vault/CollateralVault.sol/CollateralVault.json";
    const vault = await make(vaultPath, await at(manager), await at(feed), await at(weth), "Cast", "CAST");
    const token = await make("artifacts/contracts/governance/GovernanceToken.sol/GovernanceToken.json", wallet(0).address);
    const stakes = await make("artifacts/contracts/governance/StakedVotes.sol/StakedVotes.json", await at(token));
    const anybody = `0x${"0".repeat(40)}`;
    const timelock = await make(
      "artifacts/@openzeppelin/contracts/governance/TimelockController.sol/TimelockController.json",
      ...[172_800, [], [anybody], wallet(0).address],
    );
    const governorPath = "artifacts/contracts/governance/MintGovernor.sol/MintGovernor.json";
    const governor = await make(governorPath, await at(stakes), await at(timelock));
    for (const role of ["PROPOSER_ROLE", "CANCELLER_ROLE"]) await call(timelock, "grantRole", id(role), await at(governor));
    await call(manager, "grantRole", 0, await at(timelock), 0);
    await call(vault, "addCollateral", await at(weth), [ETH, 15_000, 1_000, 0, 3_600, 1_000_000, 100]);
    const code = async (address: string) => ({ address, args: [], codeHash: keccak256(await provider.getCode(address)) });
    const record = async (contract: Contract) => code(await at(contract));
    const absent = { address: anybody, args: [], codeHash: id("") };
    const cast: CastContracts = {
      WETH: await record(weth),
      ProvenPrices: await record(feed),
      CollateralVault: await record(vault),
      CastToken: await code((await vault.getFunction("cast").staticCall()) as string),
      CastMinter: absent,
      GovernanceToken: await record(token),
      StakedVotes: await record(stakes),
      TimelockController: await record(timelock),
      MintGovernor: await record(governor),
    };
    const deployment: Deployment = {
      ...{ network: "local", chainId: 31_337, genesisHash: (await provider.getBlock(0))?.hash ?? "", block: 0 },
      admin: wallet(0).address,
      contracts: { AccessManager: await record(manager), VoucherMinter: absent, EditionMinter: absent },
      cast,
    };
    const world = new CastWorld(anvil, provider, owner, feed, deployment);
    await world.setPrice(2_000n);
    return world;
  }

  /** The price of one ether in whole cast tokens, agreed on now. */
  async setPrice(whole: bigint): Promise<void> {
    await call(this.#feed, "set", ETH, whole * PRICE_UNIT, (await this.vault.newest()).timestamp);
  }

  account(index: number): Account {
    let account = this.#accounts.get(index);
    if (!account) this.#accounts.set(index, (account = this.newAccount(index)));
    return account;
  }

  /** One of its own, which the caller closes. */
  newAccount(index: number, options: Partial<AccountOptions> = {}, rpc = this.anvil.rpc): Account {
    return new Account(rpc, new Secret(wallet(index).privateKey), { ...accountOptions, ...options });
  }

  /** Takes the chain back to a snapshot, and the accounts with it: a record is of one chain, which does not go back. */
  async revert(snapshot: string): Promise<void> {
    await this.closeAccounts();
    await this.anvil.rpc.request("evm_revert", [snapshot]);
  }

  async closeAccounts(): Promise<void> {
    const accounts = [...this.#accounts.values()];
    this.#accounts.clear();
    await Promise.all(accounts.map((account) => account.close()));
  }

  /** The account's position in ether. */
  async move(index: number, name = "eth"): Promise<Move> {
    const pools = await this.vault.pools(await this.vault.newest());
    return { vault: this.vault, account: this.account(index), ...collateralNamed(name, pools, this.contracts.WETH.address) };
  }

  /** Another token of so many decimals as collateral, of which account `index` gets `amount`. */
  async addToken(decimals: number, index: number, amount: bigint): Promise<Contract> {
    const token = await deployed(this.#owner, `${mocks}/Tokens.sol/OddToken.json`, [decimals]);
    await call(token, "give", wallet(index).address, amount);
    await call(this.vaultContract, "addCollateral", await token.getAddress(), [ETH, 15_000, 1_000, 0, 3_600, 1_000_000, 100]);
    return token;
  }

  get vaultContract(): Contract {
    const abi = [
      "function addCollateral(address,(uint64,uint16,uint16,uint16,uint16,uint40,uint24))",
      "function setCharges(address,uint16,uint16)",
    ];
    return new Contract(this.contracts.CollateralVault.address, abi, this.#owner);
  }

  async pool(): Promise<{ readonly at: Block; readonly pool: Pool }> {
    const at = await this.vault.newest();
    const [pool] = await this.vault.pools(at);
    return { at, pool: pool as Pool };
  }

  async end(): Promise<void> {
    await this.closeAccounts();
    this.#provider.destroy();
    await this.anvil.kill();
  }
}

export async function call(contract: Contract, name: string, ...args: unknown[]): Promise<void> {
  const sent = (await contract.getFunction(name)(...args)) as { wait(): Promise<unknown> };
  await sent.wait();
}

async function deployed(owner: HDNodeWallet, path: string, args: readonly unknown[]): Promise<Contract> {
  const { abi, bytecode } = JSON.parse(await readFile(new URL(`../../../${path}`, import.meta.url), "utf8")) as {
    abi: [];
    bytecode: string;
  };
  const contract = await new ContractFactory(abi, bytecode, owner).deploy(...args);
  await contract.waitForDeployment();
  return contract as Contract;
}
