import { existsSync } from "node:fs";
import { getAddress } from "ethers";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import {
  type CancelledWord,
  cancelVouchers,
  Finality,
  MintLogReader,
  networkOf,
  patiently,
  readDeployment,
  usedBits,
  VoucherForElsewhere,
  type WordToCancel,
  minterOf,
} from "../src/chain/index.ts";
import { systemClock } from "../src/clock.ts";
import { cancellableOrders, cancellableWord, expiredVouchers, hasNumber, mergeWords, NotCancellable } from "../src/issue/index.ts";
import type { Mintd } from "../src/mintd.ts";
import { OwnWords } from "../src/nonce/index.ts";
import { type Order, OrderNotFound, readOrder } from "../src/order/index.ts";
import { orderIdOf, parseSignedVoucher } from "../src/voucher/index.ts";
import { InvalidArgument, minterNamed } from "./arguments.ts";
import { NoAccounts, openMintdFor, type TaskContext, taskContext } from "./context.ts";
import { factTable, print, reporting, rowTable, showProgress } from "./print.ts";
import { readVoucherFile } from "./voucher-file.ts";

interface Args {
  readonly what: string[];
  readonly expired: boolean;
  readonly word: string;
  readonly mask: string;
  readonly foreign: boolean;
  readonly dryRun: boolean;
  readonly minter: string;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = (args, hre) =>
  reporting(args.json, async () => {
    const kinds = [args.expired, args.word !== "" || args.mask !== "", args.what.length > 0].filter(Boolean).length;
    if (kinds !== 1)
      throw new InvalidArgument("one of --expired, --word with --mask, or files and ids", "says what to cancel", "--expired");
    const context = await taskContext(hre);
    await using mintd = await openMintdFor(context, minterNamed(args.minter));
    await patiently(systemClock, () => mintd.confirmations.step()); // what was redeemed is known as minted then
    const words = await selected(args, context, mintd);
    if (args.dryRun || words.length === 0) {
      print(args.json, { dryRun: args.dryRun, words: words.map(wordJson) }, () =>
        words.length === 0 ? "nothing is to be cancelled" : table(words),
      );
      return;
    }
    const done = await cancel(words, context, mintd, hre, args.minter);
    await patiently(systemClock, () => mintd.confirmations.step());
    print(args.json, { dryRun: false, words: done.map(doneJson) }, () => [table(done), sums(done), ...takenLines(done)].join("\n"));
  });

async function selected(args: Args, context: TaskContext, mintd: Mintd): Promise<WordToCancel[]> {
  const { store, book, confirmations, domain } = mintd;
  if (args.expired) return expiredVouchers(book, confirmations.tip?.timestamp ?? 0);
  if (args.what.length > 0) return await named(args, context, mintd);
  const word = numeral("--word", args.word, /^\d{1,75}$/);
  if (word >> 248n !== 0n)
    throw new InvalidArgument("--word", "is above 2^248 - 1, the last word of the bitmap", "--word 17 --mask 0xff00");
  const mask = numeral("--mask", args.mask, /^0x[0-9a-fA-F]{1,64}$/);
  const own = await OwnWords.read(store, domain.chainId, domain.verifyingContract);
  const used = (await patiently(systemClock, () => usedBits(context.rpc, domain.verifyingContract, [word]))).get(word) ?? 0n;
  return mask === 0n ? [] : [cancellableWord(book, { word, mask, used, foreign: args.foreign, isOwn: own.has(word) })];
}

/** @throws InvalidArgument */
function numeral(name: string, text: string, form: RegExp): bigint {
  if (!form.test(text)) throw new InvalidArgument(name, text === "" ? "is missing" : `is '${text}'`, "--word 17 --mask 0xff00");
  return BigInt(text);
}

/** The vouchers of files, and of orders by their ids. */
async function named(args: Args, { config, rpc }: TaskContext, { store, book, domain }: Mintd): Promise<WordToCancel[]> {
  const orders = new Map<string, Order>();
  const strange = new Map<bigint, bigint>();
  for (const what of args.what) {
    if (!existsSync(what)) {
      const orderId = /^0x[0-9a-fA-F]{64}$/.test(what) ? what.toLowerCase() : orderIdOf(config.tenant, what);
      const order = await readOrder(store, orderId);
      if (!order) throw new OrderNotFound(orderId);
      orders.set(orderId, order);
      continue;
    }
    for await (const each of readVoucherFile(what, "npx hardhat voucher:cancel vouchers.jsonl")) {
      if ("problem" in each) throw new InvalidArgument(`${what}, line ${each.line}`, each.problem, "a file as voucher:issue wrote it");
      const { redemption, domain: meant } = parseSignedVoucher(each.json);
      if (meant.chainId !== domain.chainId || getAddress(meant.verifyingContract) !== getAddress(domain.verifyingContract)) {
        throw new VoucherForElsewhere(meant, domain);
      }
      const order = await readOrder(store, redemption.orderId);
      const number = redemption.txCount;
      if (order && hasNumber(order, number)) orders.set(redemption.orderId, order);
      else strange.set(number >> 8n, (strange.get(number >> 8n) ?? 0n) | (1n << (number & 0xffn)));
    }
  }
  const other = [...orders.values()].find(({ request }) => request.minter !== domain.verifyingContract);
  if (other) throw new NotCancellable(`order ${other.request.orderId}`, "another contract mints it", "name its contract with --minter");
  const words: WordToCancel[] = cancellableOrders([...orders.values()]);
  const used = await patiently(systemClock, () => usedBits(rpc, domain.verifyingContract, [...strange.keys()]));
  const own = await OwnWords.read(store, domain.chainId, domain.verifyingContract);
  for (const [word, mask] of strange) {
    words.push(cancellableWord(book, { word, mask, used: used.get(word) ?? 0n, foreign: args.foreign, isOwn: own.has(word) }));
  }
  return mergeWords(words);
}

async function cancel(
  words: readonly WordToCancel[],
  { config, rpc, network, deployments }: TaskContext,
  { book, domain }: Mintd,
  hre: HardhatRuntimeEnvironment,
  minter: string,
): Promise<CancelledWord[]> {
  const deployment = await readDeployment(deployments, network);
  const { address } = minterOf(deployment, minterNamed(minter));
  const { ethers } = await hre.network.getOrCreate(network);
  const [admin] = await ethers.getSigners();
  if (!admin) throw new NoAccounts(network);
  let [sent, left] = [0, 0];
  const hide = showProgress("cancelled", words.length, () => ({ done: sent, words: `final in ${left} block(s)` }));
  try {
    return await cancelVouchers(words, {
      ...{ rpc, minter: address, book, clock: systemClock, deployedAt: deployment.block },
      reader: new MintLogReader(rpc, domain.verifyingContract),
      finality: new Finality(rpc, config.confirmations.finality),
      pollMs: config.rpc.pollMs ?? networkOf(deployment.chainId).pollMs,
      send: (data, nonce) => admin.sendTransaction({ to: address, data, ...(nonce !== undefined && { nonce }) }),
      onProgress(progress) {
        [sent, left] = [progress.sent, progress.blocksLeft];
      },
    });
  } finally {
    hide();
  }
}

const hex = (bits: bigint): string => `0x${bits.toString(16)}`;
const countOf = (bits: bigint): number => bits.toString(2).replaceAll("0", "").length;

const table = (words: readonly (WordToCancel | CancelledWord)[]): string =>
  rowTable(
    ["word", "mask", "numbers", "orders here", "cancelled"],
    words.map((each) => {
      const done = "cancelled" in each ? countOf(each.cancelled) : "-";
      return [each.word.toString(), hex(each.mask), countOf(each.mask), each.orderIds.length, done];
    }),
  );

function sums(done: readonly CancelledWord[]): string {
  const sumOf = (count: (each: CancelledWord) => number): number => done.reduce((sum, each) => sum + count(each), 0);
  const usedBefore = ({ mask, cancelled, redeemed, taken }: CancelledWord) => countOf(mask) - countOf(cancelled | redeemed) - taken.length;
  return factTable([
    ["numbers", sumOf(({ mask }) => countOf(mask))],
    ["cancelled, final", sumOf(({ cancelled }) => countOf(cancelled))],
    ["redeemed, final", sumOf(({ redeemed }) => countOf(redeemed))],
    ["taken by other orders", sumOf(({ taken }) => taken.length)],
    ["used before, no order here", sumOf(usedBefore)],
    ["transactions of this run", sumOf(({ sent }) => sent.length)],
  ]);
}

/** Nobody can redeem these vouchers any more, though they were neither cancelled nor minted: said of each. */
const takenLines = (done: readonly CancelledWord[]): string[] =>
  done.flatMap(({ taken }) =>
    taken.map(
      ({ number, orderId, takenBy, block }) =>
        `number ${number.toString()} of order ${orderId} was used up by the mint of order ${takenBy} in block ${block}: ` +
        "its voucher can be redeemed no more, and the order stays open",
    ),
  );

const wordJson = ({ word, mask, numbers, orderIds }: WordToCancel) => ({ word, mask: hex(mask), numbers, orderIds });
const doneJson = (done: CancelledWord) => ({
  ...wordJson(done),
  cancelled: hex(done.cancelled),
  redeemed: hex(done.redeemed),
  taken: done.taken,
  sent: done.sent,
});

export default action;
