import { id as keccakOfText } from "ethers";
import { toQuantity } from "../../src/chain/rpc/rpc.ts";
import { MINTED_TOPIC } from "../../src/voucher/index.ts";
import { openArena } from "./arena.ts";
import { audit, type Figures } from "./audit.ts";
import { Course, instancesOf, type RunOptions, toFinal } from "./course.ts";
import { Told } from "./told.ts";
import { BlockWatch } from "./watch.ts";

const plainTopic = keccakOfText("Minted(bytes32,uint256)");

/** One contender in one scenario on a chain of its own. */
export async function run(options: RunOptions): Promise<Figures> {
  await using arena = await openArena(options);
  const { anvil, proxy } = arena;
  const ours = options.contender.library === "mintd";
  const contract = ours ? arena.deployment.contracts.VoucherMinter.address : arena.plainMinter;
  const topic = ours ? MINTED_TOPIC : plainTopic;
  await using watch = await BlockWatch.start(anvil.rpc, contract, topic);
  const told = new Told();
  const course = new Course(options, arena, watch, told);
  let began: number;
  let firstBlock: number;
  try {
    firstBlock = await course.warmUp();
    began = Date.now();
    await course.drive();
  } finally {
    await course.end();
  }
  const seconds = (Date.now() - began) / 1_000;
  const { calls, faults } = proxy.stats;
  // What is still in the pool may be mined; then everything is as deep as it gets.
  for (let i = 0; i < 3; i++) await anvil.mine();
  await anvil.rpc.request("anvil_mine", [toQuantity(toFinal)]);
  await watch.settled();
  await watch.stop();
  return await audit({
    rpc: anvil.rpc,
    contract,
    topic,
    watch,
    told,
    mints: options.mints,
    warmUps: options.warmUp * instancesOf(options.scenario),
    firstBlock,
    proxyCalls: calls,
    injected: faults,
    seconds,
  });
}
