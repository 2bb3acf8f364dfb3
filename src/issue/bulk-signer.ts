import { setImmediate } from "node:timers/promises";
import { type DigestSigner, type Redemption, toHex, type VoucherDomain, voucherDigest } from "../voucher/index.ts";

/** Signs many vouchers with one key. The port of this folder; a key in a remote signer stands behind `inline`. */
export interface BulkSigner {
  /** The key's checksummed address. */
  readonly address: string;
  /**
   * The signatures of these vouchers' digests, in their order, as `0x` and 130 hexadecimal digits: the same bytes as
   * `signVoucher` gives. Waits where too much is under way already, and never holds up the event loop for long.
   * @throws InvalidRedemption before anything is signed; what the key's holder throws
   */
  sign(domain: VoucherDomain, redemptions: readonly Redemption[]): Promise<string[]>;
  /** Finishes what is under way. */
  close(): Promise<void>;
}

/** Vouchers that are signed without a pause: about 2 ms on native libsecp256k1. */
const withoutPause = 32;

/** Signs in this thread, or by whoever holds the key: for few vouchers, and where the key cannot be given to threads. */
export function inline(signer: DigestSigner): BulkSigner {
  return {
    address: signer.address,
    async sign(domain, redemptions) {
      const signatures: string[] = [];
      for (const [i, redemption] of redemptions.entries()) {
        if (i > 0 && i % withoutPause === 0) await setImmediate();
        const signed = signer.sign(voucherDigest(domain, redemption));
        signatures.push(toHex(signed instanceof Promise ? await signed : signed));
      }
      return signatures;
    },
    close: () => Promise.resolve(),
  };
}
