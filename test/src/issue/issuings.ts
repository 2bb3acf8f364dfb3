import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { Deployment } from "../../../src/chain/index.ts";
import { configSchema } from "../../../src/config/schema.ts";
import { inline, type Issued, type IssueOptions } from "../../../src/issue/index.ts";
import { type Issuing, type IssuingOptions, openIssuing } from "../../../src/mintd.ts";
import type { MintRequest } from "../../../src/order/index.ts";
import { Secret } from "../../../src/secret.ts";
import { nativeSigner, orderIdOf, type SignedVoucher } from "../../../src/voucher/index.ts";
import { collect } from "../store/expectations.ts";

export const key = new Secret(`0x${"5a".repeat(32)}`);
export const minter = "0x5FbDB2315678afecb367f032d93F642f64180aa3";
const contract = { address: minter, args: [], codeHash: `0x${"00".repeat(32)}` };
export const deployment: Deployment = {
  ...{ network: "local", chainId: 31_337, genesisHash: `0x${"11".repeat(32)}`, block: 0, admin: minter },
  contracts: { AccessManager: contract, VoucherMinter: contract, EditionMinter: contract },
};

/** Chain time in a test's hands. */
export class Seconds {
  now = 1_750_000_000;
  second(): number {
    return this.now;
  }
}

/** A folder with a store, and stage 1 over it. */
export class IssuingFolder {
  readonly root: string;
  readonly seconds = new Seconds();

  private constructor(root: string) {
    this.root = root;
  }

  static async make(): Promise<IssuingFolder> {
    return new IssuingFolder(await mkdtemp(join(tmpdir(), "mintd-issue-")));
  }

  get storePath(): string {
    return join(this.root, "store.db");
  }

  open(options: Partial<IssuingOptions> & { readonly settings?: object } = {}): Promise<Issuing> {
    const { settings = {}, ...rest } = options;
    return openIssuing({
      ...{ config: configSchema.parse(settings), deployment, storePath: this.storePath, voucherKey: key },
      ...{ signer: inline(nativeSigner(key)), seconds: this.seconds },
      ...rest,
    });
  }

  remove(): Promise<void> {
    return rm(this.root, { recursive: true, force: true });
  }
}

export function requestOf(name: string, more: Partial<MintRequest> = {}): MintRequest {
  return {
    ...{ orderId: orderIdOf("default", name), tenant: "default", key: name, quantity: 1 },
    ...{ to: "0x70997970C51812dc3A010C7d01b50e0d17dc79C8", uriDigest: `0x${"00".repeat(32)}` },
    ...more,
  };
}

export const requests = (count: number, first = 0): MintRequest[] => Array.from({ length: count }, (_, i) => requestOf(`key-${first + i}`));

export async function issue({ issuer }: Issuing, all: readonly MintRequest[], options?: IssueOptions): Promise<Issued[]> {
  return collect(issuer.issue(all, options));
}

export const outcomes = (issued: readonly Issued[]): string[] => issued.map(({ outcome }) => outcome);
export const vouchers = (issued: readonly Issued[]): SignedVoucher[] => issued.flatMap((each) => ("voucher" in each ? each.voucher : []));
export const numbers = (issued: readonly Issued[]): bigint[] => vouchers(issued).map(({ redemption }) => redemption.txCount);
