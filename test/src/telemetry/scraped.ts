import type { Family } from "../../../src/telemetry/index.ts";

/** Sum of the samples of this name that have these labels; 0 where there is none. */
export function valueOf(families: readonly Family[], name: string, labels: Readonly<Record<string, string>> = {}): number {
  return families
    .flatMap(({ samples }) => samples)
    .filter((sample) => sample.name === name && Object.entries(labels).every(([label, value]) => sample.labels[label] === value))
    .reduce((sum, { value }) => sum + value, 0);
}
