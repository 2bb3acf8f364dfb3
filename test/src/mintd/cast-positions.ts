import { type Contract, ContractFactory, Interface, type JsonRpcProvider, NonceManager, parseEther, Wallet } from "ethers";
import { readFile } from "node:fs/promises";
import { castContracts, type CastContracts, type Deployment } from "../../../src/chain/index.ts";
import { admin, type Row, signers, voucherSigner, type World } from "./world.ts";

export const ETH = 1n;
/** A second asset, with a price of its own. */
export const GOLD = 2n;
/** A thousand cast tokens, in hundredths. */
export const thousand = 100_000;

const calls = new Interface([
  "function depositETH(address) payable",
  "function approveMinter(address,uint256)",
  "function deposit() payable",
  "function approve(address,uint256)",
  "function deposit(address,address,uint256)",
  "function totalSupply() view returns (uint256)",
]);
const gasLimit = 300_000;

interface Wanted {
  /** In cast tokens; by default 10,000. */
  readonly allowance?: number;
  /** The collateral's address; by default wrapped ether. */
  readonly collateral?: string;
}

/** The vault and its minter under prices that the test sets; what the road does not ask for is left out of the chain. */
export class CastPositions {
  readonly world: World;
  readonly deployment: Deployment;
  /** A second collateral, priced as GOLD. */
  readonly gold: string;
  /** One that the vault takes and the minter has no name for. */
  readonly unnamed: string;
  readonly #provider: JsonRpcProvider;
  readonly #vault: Contract;
  readonly #feed: Contract;
  #rows = 0;

  private constructor(parts: {
    readonly world: World;
    readonly provider: JsonRpcProvider;
    readonly cast: CastContracts;
    readonly vault: Contract;
    readonly feed: Contract;
    readonly collaterals: readonly [gold: string, unnamed: string];
  }) {
    this.world = parts.world;
    this.#provider = parts.provider;
    this.deployment = { ...parts.world.deployment, cast: parts.cast };
    this.#vault = parts.vault;
    this.#feed = parts.feed;
    [this.gold, this.unnamed] = parts.collaterals;
  }

  /** Collaterals at 150 %, prices of 60,000 s, a floor of 100 and a ceiling of a million; ether and gold at 2,000. */
  static async on(world: World): Promise<CastPositions> {
    const provider = world.provider;
    const owner = new NonceManager(admin.connect(provider));
    const make = async (path: string, args: unknown[] = []): Promise<Contract> => {
      const file = new URL(`../../../${path}`, import.meta.url);
      const { abi, bytecode } = JSON.parse(await readFile(file, "utf8")) as { abi: []; bytecode: string };
      const contract = (await new ContractFactory(abi, bytecode, owner).deploy(...args, { gasLimit: 10_000_000 })) as Contract;
      await world.anvil.mine();
      return contract;
    };
    const manager = world.deployment.contracts.AccessManager.address;
    const weth = await make("artifacts/contracts/local/WrappedEther.sol/WrappedEther.json");
    const gold = await make("artifacts/contracts/local/WrappedEther.sol/WrappedEther.json");
    const unnamed = await make("artifacts/contracts/local/WrappedEther.sol/WrappedEther.json");
    const feed = await make("cache/test-artifacts/test/contracts/mocks/SettableFeed.sol/SettableFeed.json");
    const vault = await make("artifacts/contracts/vault/CollateralVault.sol/CollateralVault.json", [
      ...[manager, await feed.getAddress(), await weth.getAddress()],
      ...["Cast", "CAST"],
    ]);
    const minter = await make("artifacts/contracts/vault/CastMinter.sol/CastMinter.json", [manager, await vault.getAddress()]);
    const limit = { gasLimit: 1_000_000 };
    for (const [token, asset] of [[weth, ETH] as const, [gold, GOLD] as const, [unnamed, ETH] as const]) {
      await vault.getFunction("addCollateral")(await token.getAddress(), [asset, 15_000, 1_000, 0, 60_000, 1_000_000, 100], limit);
    }
    for (const token of [weth, gold]) await minter.getFunction("nameCollateral")(await token.getAddress(), limit);
    await minter.getFunction("nameCollateral")(await minter.getAddress(), limit); // anybody names anything
    const data = signers.encodeFunctionData("grantSigner", [voucherSigner.address]);
    await owner.sendTransaction({ to: await minter.getAddress(), data, ...limit });
    await world.anvil.mine();
    const record = (address: string) => ({ address, args: [], codeHash: `0x${"0".repeat(64)}` });
    const absent = record(`0x${"0".repeat(40)}`);
    const cast: CastContracts = {
      WETH: record(await weth.getAddress()),
      ProvenPrices: record(await feed.getAddress()),
      CollateralVault: record(await vault.getAddress()),
      CastToken: record((await vault.getFunction("cast").staticCall()) as string),
      CastMinter: record(await minter.getAddress()),
      ...{ GovernanceToken: absent, StakedVotes: absent, TimelockController: absent, MintGovernor: absent },
    };
    const collaterals = [await gold.getAddress(), await unnamed.getAddress()] as const;
    const positions = new CastPositions({ world, provider, cast, vault, feed, collaterals });
    for (const asset of [ETH, GOLD]) await positions.setPrice(asset);
    return positions;
  }

  end(): void {
    this.#provider.destroy();
  }

  get contracts(): CastContracts {
    return castContracts(this.deployment);
  }

  /** The price of 2,000, agreed on now. */
  async setPrice(asset: bigint): Promise<void> {
    const now = (await this.#provider.getBlock("latest"))?.timestamp ?? 0;
    await this.#call(this.#feed, "set", asset, 2_000n * 10n ** 8n, now);
  }

  /** Makes the price too old. */
  async age(asset: bigint): Promise<void> {
    await this.#call(this.#feed, "set", asset, 2_000n * 10n ** 8n, 1);
  }

  /** Sends it from the vault's admin. */
  async govern(name: "pause" | "unpause" | "setLimits", ...args: readonly unknown[]): Promise<void> {
    await this.#call(this.#vault, name, this.contracts.WETH.address, ...args);
  }

  async debt(): Promise<bigint> {
    return (await this.#vault.getFunction("debtOf").staticCall(this.contracts.WETH.address)) as bigint;
  }

  async supply(): Promise<bigint> {
    const call = { to: this.contracts.CastToken.address, data: calls.encodeFunctionData("totalSupply") };
    return BigInt(await this.world.anvil.rpc.request<string>("eth_call", [call, "latest"]));
  }

  /** A new account with a unit of collateral, at 2,000, that lets the minter mint. */
  async owner({ allowance = 10_000, collateral = this.contracts.WETH.address }: Wanted = {}): Promise<Wallet> {
    const owner = Wallet.createRandom() as unknown as Wallet;
    await this.world.anvil.rpc.request("anvil_setBalance", [owner.address, `0x${parseEther("2").toString(16)}`]);
    const account = new NonceManager(owner.connect(this.#provider));
    const vault = this.contracts.CollateralVault.address;
    const value = parseEther("1");
    const send = (to: string, name: string, args: readonly unknown[], more = {}) =>
      account.sendTransaction({ to, gasLimit, data: calls.encodeFunctionData(name, args), ...more });
    if (collateral === this.contracts.WETH.address) await send(vault, "depositETH", [owner.address], { value });
    else {
      await send(collateral, "deposit()", [], { value });
      await send(collateral, "approve", [vault, value]);
      await send(vault, "deposit(address,address,uint256)", [collateral, owner.address, value]);
    }
    await send(vault, "approveMinter", [this.contracts.CastMinter.address, parseEther(String(allowance))]);
    await this.world.anvil.mine();
    return owner;
  }

  /** Lets the minter mint so much in the owner's name. */
  async allow(owner: Wallet, allowance: number): Promise<void> {
    const data = calls.encodeFunctionData("approveMinter", [this.contracts.CastMinter.address, parseEther(String(allowance))]);
    await owner.connect(this.#provider).sendTransaction({ to: this.contracts.CollateralVault.address, gasLimit, data });
    await this.world.anvil.mine();
  }

  /** A row of the list; each has an id of its own. */
  row(to: string, quantity = thousand, collateral = this.contracts.WETH.address): Row {
    this.#rows++;
    return { line: this.#rows + 1, id: `row-${this.#rows}`, to, quantity, uri: collateral.toLowerCase() };
  }

  /** Accounts of their own with a row of a thousand for each. */
  async covered(count: number): Promise<Row[]> {
    const rows: Row[] = [];
    for (let i = 0; i < count; i++) rows.push(this.row((await this.owner()).address));
    return rows;
  }

  async #call(contract: Contract, name: string, ...args: readonly unknown[]): Promise<void> {
    await contract.getFunction(name)(...args, { gasLimit });
    await this.world.anvil.mine();
  }
}
