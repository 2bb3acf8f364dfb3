import type { Quote } from "../quote.ts";
import { aggregateFor, type ReportRequest } from "../report.ts";
import type { Aggregated, Attestation, Enclave } from "./enclave.ts";

const attestation: Attestation = {
  kind: "none",
  statement: "this process: nothing attests it; the proof alone stands for the price",
};

/** No enclave at all: the median is computed in this process, and the attestation says so. */
export class LocalEnclave implements Enclave {
  /** Rejects with what `aggregateFor` throws. */
  aggregate(request: ReportRequest, quotes: readonly Quote[]): Promise<Aggregated> {
    return new Promise((resolve) => {
      resolve({ aggregation: aggregateFor(request, quotes), attestation });
    });
  }
}
