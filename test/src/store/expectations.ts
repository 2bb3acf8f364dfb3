import { expect } from "chai";
import { MintdError } from "../../../src/error.ts";
import type { NewEvent, StoredEvent } from "../../../src/store/index.ts";

/** Waits for `work` to fail and returns its error, which must be a MintdError with this code and, as all have, a hint. */
export async function failure(code: string, work: Promise<unknown>): Promise<MintdError> {
  let outcome: unknown;
  try {
    outcome = { resolved: await work };
  } catch (error) {
    outcome = error;
  }
  expect(outcome, `expected ${code}`).to.be.instanceOf(MintdError);
  const error = outcome as MintdError;
  expect(error.code).to.equal(code);
  expect(error.hint).to.be.a("string");
  return error;
}

export async function collect<T>(items: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const item of items) all.push(item);
  return all;
}

/** `count` events numbered from `first`. */
export function events(count: number, first = 1): NewEvent[] {
  return Array.from({ length: count }, (_, i) => ({ kind: "counted", data: { n: first + i } }));
}

/** Positions 1 to n without a gap, and versions 1 to m without a gap in each stream. */
export function expectGapFree(all: readonly StoredEvent[], first = 1): void {
  const versions = new Map<string, number>();
  all.forEach((event, i) => {
    if (event.position !== first + i) expect.fail(`position ${event.position} where ${first + i} should be`);
    const version = (versions.get(event.stream) ?? 0) + 1;
    if (event.version !== version && first === 1) expect.fail(`${event.stream} has version ${event.version} after ${version - 1}`);
    versions.set(event.stream, version);
  });
}
