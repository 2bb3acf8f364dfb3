import {
  type CancellationParts,
  cancelVouchers,
  Finality,
  MintLogReader,
  type SentTransaction,
  type WordToCancel,
} from "../../../src/chain/index.ts";
import { systemClock } from "../../../src/clock.ts";
import { configSchema } from "../../../src/config/schema.ts";
import type { Issued } from "../../../src/issue/index.ts";
import { requestOf } from "../../../src/list/mint-list.ts";
import { type Mintd, openIssuing } from "../../../src/mintd.ts";
import { Secret } from "../../../src/secret.ts";
import type { SignedVoucher } from "../../../src/voucher/index.ts";
import { collect } from "../store/expectations.ts";
import { admin, type Row, voucherSigner, type World } from "./world.ts";

export const vouchersOf = (issued: readonly Issued[]): SignedVoucher[] => issued.flatMap((each) => ("voucher" in each ? each.voucher : []));

/** Seconds of the newest block. */
export async function tip(world: World): Promise<number> {
  const { timestamp } = await world.anvil.rpc.request<{ timestamp: string }>("eth_getBlockByNumber", ["latest", false]);
  return Number(timestamp);
}

/** As `voucher:issue` does, without an endpoint. */
export async function issueOffline(world: World, rows: readonly Row[], storePath = world.storePath): Promise<SignedVoucher[]> {
  const now = await tip(world);
  await using issuing = await openIssuing({
    ...{ config: configSchema.parse({}), deployment: world.deployment, storePath },
    ...{ voucherKey: new Secret(voucherSigner.privateKey), seconds: { second: () => now } },
  });
  return vouchersOf(await collect(issuing.issuer.issue(rows.map((row) => requestOf(row, "default")))));
}

export interface AdminsChoice {
  /** In wei; anvil puts the highest first, and a stranger's is 100 gwei. */
  readonly fee?: bigint;
  readonly nonce?: number | undefined;
  readonly to?: string;
}

export async function sendAsAdmin(world: World, data: string, choice: AdminsChoice = {}): Promise<SentTransaction> {
  const { fee = 10_000_000_000n, nonce, to = world.minter } = choice;
  const { provider } = world;
  const fees = { maxFeePerGas: fee, maxPriorityFeePerGas: fee / 10n, gasLimit: 500_000 };
  try {
    return await admin.connect(provider).sendTransaction({ to, data, ...fees, ...(nonce !== undefined && { nonce }) });
  } finally {
    provider.destroy();
  }
}

/** Cancels as the task does, by the admin. */
export function cancel(world: World, mintd: Mintd, words: readonly WordToCancel[], parts: Partial<CancellationParts> = {}) {
  const { rpc = world.anvil.rpc, clock = systemClock } = parts;
  return cancelVouchers(words, {
    ...{ rpc, reader: new MintLogReader(rpc, world.minter, undefined, { clock }), minter: world.minter },
    ...{ deployedAt: world.deployment.block, finality: new Finality(rpc, "depth"), book: mintd.book },
    ...{ clock, pollMs: 10, send: (data: string, nonce?: number) => sendAsAdmin(world, data, { nonce }) },
    ...parts,
  });
}
