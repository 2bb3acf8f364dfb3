import { parentPort, workerData } from "node:worker_threads";
import { Secret } from "../secret.ts";
import { voucherDigest } from "../voucher/digest.ts";
import { nativeSigner } from "../voucher/signer.ts";
import { SIGNATURE_BYTES, unpack } from "./packed.ts";
import type { FromSigner, SignerData, ToSigner } from "./signing-pool.ts";

/** A thread of the signing pool: digests and signatures of what it is sent, until it is told to close. */

if (parentPort === null) throw new Error("signing-thread.ts runs in a worker thread");
const port = parentPort;
const signer = nativeSigner(new Secret((workerData as SignerData).key));

port.on("message", (message: ToSigner) => {
  if (message.kind === "close") {
    port.close();
    return;
  }
  const redemptions = unpack(message.packed);
  const signatures = new Uint8Array(redemptions.length * SIGNATURE_BYTES);
  for (const [i, redemption] of redemptions.entries()) {
    signatures.set(signer.sign(voucherDigest(message.domain, redemption)), i * SIGNATURE_BYTES);
  }
  const answer: FromSigner = { id: message.id, signatures };
  port.postMessage(answer, [signatures.buffer]);
});
