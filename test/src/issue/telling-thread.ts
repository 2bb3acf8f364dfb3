import { isMainThread, parentPort, workerData } from "node:worker_threads";
import { PACKED_BYTES, SIGNATURE_BYTES } from "../../../src/issue/packed.ts";
import type { FromSigner, SignerData, ToSigner } from "../../../src/issue/signing-pool.ts";

/** A signing thread that signs nothing: it tells how many bytes came with the key, in the first four of each signature. */
function tell(): void {
  const { key } = workerData as SignerData;
  parentPort?.on("message", (message: ToSigner) => {
    if (message.kind === "close") {
      parentPort?.close();
      return;
    }
    const signatures = Buffer.alloc((message.packed.length / PACKED_BYTES) * SIGNATURE_BYTES);
    for (let at = 0; at < signatures.length; at += SIGNATURE_BYTES) signatures.writeUInt32BE(key.buffer.byteLength, at);
    parentPort?.postMessage({ id: message.id, signatures: Uint8Array.from(signatures) } satisfies FromSigner);
  });
}

if (!isMainThread) tell(); // the test runner loads every file
