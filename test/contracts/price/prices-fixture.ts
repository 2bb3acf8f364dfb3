// Proven prices with a circuit of a known secret: every report can be proven at once, whatever it says.
import { readFile } from "node:fs/promises";
import { type BaseContract, ContractFactory, id, type InterfaceAbi, type Signer, ZeroAddress } from "ethers";
import type { NetworkConnection } from "hardhat/types/network";
import { packReport, proofContext, type Report } from "../../../src/price/index.ts";
import type { AccessManager, ProvenPrices } from "../../../types/ethers-contracts/index.ts";
import { halves, prove, SCALAR, words, type Words } from "./proofs.ts";

export const ether = 1n;
export const coin = 2n;

/** Roots of the sets of sources; any numbers do. */
export const roots: Readonly<Record<string, bigint>> = { [`${ether}`]: BigInt(id("sources of ether")) % SCALAR, [`${coin}`]: 7n };

export const terms = { quorum: 5, maxDeviationBps: 50, maxAgeSeconds: 60, maxDelaySeconds: 120 };

export interface Prices {
  readonly connection: NetworkConnection;
  readonly admin: Signer;
  readonly stranger: Signer;
  readonly manager: AccessManager;
  readonly verifier: BaseContract;
  readonly prices: ProvenPrices;
  readonly circuitId: string;
}

/** A report and what goes with it, as the contract takes them. */
export interface Brought {
  readonly proof: Words;
  readonly report: { circuitId: string; packed: bigint; nonce: bigint; sourcesTerm: readonly [bigint, bigint] };
}

/** Deploys a contract that exists for tests only. */
export async function deployMock(file: string, name: string, deployer: Signer): Promise<BaseContract> {
  const path = new URL(`../../../cache/test-artifacts/test/contracts/mocks/${file}.sol/${name}.json`, import.meta.url);
  const { abi, bytecode } = JSON.parse(await readFile(path, "utf8")) as { abi: InterfaceAbi; bytecode: string };
  return (await new ContractFactory(abi, bytecode, deployer).deploy()).waitForDeployment();
}

export const artifacts = (name: string) => ({
  r1cs: id(`${name} r1cs`),
  wasm: id(`${name} wasm`),
  verifyingKey: id(`${name} key`),
  transcript: id(`${name} transcript`),
  sources: id(`${name} sources`),
  cid: id(`${name} cid`),
});

/** Registers a circuit and leaves it pending. */
export async function register(registry: ProvenPrices, verifier: BaseContract | string, name: string): Promise<string> {
  const address = typeof verifier === "string" ? verifier : await verifier.getAddress();
  const circuitId = await registry.register.staticCall(artifacts(name), address);
  await (await registry.register(artifacts(name), address)).wait();
  return circuitId;
}

/** Two assets with terms and sources, one active circuit, no price. */
export async function deployPrices(connection: NetworkConnection): Promise<Prices> {
  const { ethers } = connection;
  const [admin, stranger] = await ethers.getSigners();
  if (!admin || !stranger) throw new Error("the network has too few accounts");
  const manager = await ethers.deployContract("AccessManager", [admin.address]);
  const prices = await ethers.deployContract("ProvenPrices", [manager]);
  const verifier = await deployMock("TestPriceProofVerifier", "TestPriceProofVerifier", admin);
  const circuitId = await register(prices, verifier, "first");
  await prices.activate(circuitId);
  for (const asset of [ether, coin]) {
    await prices.setTerms(asset, terms);
    await prices.setSources(asset, circuitId, roots[`${asset}`] ?? 0n);
  }
  return { connection, admin, stranger, manager, verifier, prices, circuitId };
}

/** What a report is unless a test says otherwise: of the newest block, of quotes of its second, 2,000.00. */
export async function reportNow({ connection }: Prices, changes: Partial<Report> = {}): Promise<Report> {
  const block = await connection.ethers.provider.getBlock(changes.blockNumber ?? "latest");
  if (block === null) throw new Error("the chain has no such block");
  const { quorum, maxDeviationBps } = terms;
  const { number: blockNumber, timestamp } = block;
  return { blockNumber, quorum, maxDeviationBps, maxAge: 0, timestamp, price: 2_000n * 10n ** 8n, assetId: ether, ...changes };
}

export interface Binding {
  readonly recipient?: string;
  readonly nonce?: bigint;
  readonly circuitId?: string;
  readonly root?: bigint;
  /** Instead of the chain's. */
  readonly blockHash?: string;
}

/** The five public inputs of a report. */
export async function inputsOf(fixture: Prices, report: Report, binding: Binding = {}): Promise<bigint[]> {
  const { connection, prices } = fixture;
  const { recipient = ZeroAddress, nonce = 0n, circuitId = fixture.circuitId } = binding;
  const block = await connection.ethers.provider.getBlock(report.blockNumber);
  const { chainId } = await connection.ethers.provider.getNetwork();
  const context = proofContext({ chainId, contract: await prices.getAddress(), recipient, nonce, circuitId });
  const root = binding.root ?? roots[`${report.assetId}`] ?? 0n;
  return [packReport(report), root, ...halves(binding.blockHash ?? block?.hash ?? "0x0"), context];
}

/** A true proof of a report. */
export async function bring(fixture: Prices, report: Report, binding: Binding = {}): Promise<Brought> {
  const { nonce = 0n, circuitId = fixture.circuitId } = binding;
  const inputs = await inputsOf(fixture, report, binding);
  const term = (await fixture.verifier.getFunction("sourcesTerm").staticCall(inputs[1])) as [bigint, bigint];
  const proof = words(prove(inputs, String(report.blockNumber)));
  return { proof, report: { circuitId, packed: inputs[0] ?? 0n, nonce, sourcesTerm: [term[0], term[1]] } };
}
