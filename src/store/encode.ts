import { InvalidWrite } from "./errors.ts";
import type { Json, StreamWrite } from "./event-store.ts";

/** Longest stream, kind or snapshot name, in UTF-16 units. */
export const MAX_NAME = 512;
/** Most JSON text in one append, in UTF-16 units: more would hold the event loop for longer than 10 ms. */
export const MAX_APPEND = 4 * 1024 * 1024;
/** Deepest nesting of arrays and objects; also what stops a cycle. */
const MAX_DEPTH = 128;

/** @throws InvalidWrite where the name is empty, too long, or would not come back from UTF-8 as it went in. */
export function checkName(name: string, where: string): void {
  if (typeof name !== "string" || name.length === 0) throw new InvalidWrite(where, "must be a string that is not empty");
  if (name.length > MAX_NAME) throw new InvalidWrite(where, `longer than ${MAX_NAME} characters`);
  if (name.includes("\0") || !name.isWellFormed()) throw new InvalidWrite(where, "holds a NUL or half a surrogate pair");
}

/** @throws InvalidWrite where `value` is not an integer from 0 to 2^53 - 1. */
export function checkCount(value: number, where: string): void {
  if (!Number.isSafeInteger(value) || value < 0) throw new InvalidWrite(where, "must be an integer, zero or more");
}

/**
 * The JSON text of `data`. JSON.stringify alone would quietly lose what JSON has no word for (undefined, NaN, a Date, a
 * Map, a class); here that is an error. The one exception: -0 is stored as 0.
 * @throws InvalidWrite naming the place of what is not JSON.
 */
export function encodeJson(data: Json, where: string): string {
  const problem = lossy(data, 0);
  if (problem !== undefined) throw new InvalidWrite(where + problem.path, problem.what);
  return JSON.stringify(data);
}

interface Lossy {
  readonly path: string;
  readonly what: string;
}

/** The first place where JSON would lose something. Paths are built only on the way out of an error: this is the hot path. */
function lossy(value: unknown, depth: number): Lossy | undefined {
  switch (typeof value) {
    case "string":
    case "boolean":
      return undefined;
    case "number":
      return Number.isFinite(value) ? undefined : { path: "", what: "a number that is not finite" };
    case "object":
      if (value === null) return undefined;
      if (depth >= MAX_DEPTH) return { path: "", what: `nested deeper than ${MAX_DEPTH}, or a cycle` };
      return Array.isArray(value) ? lossyArray(value, depth) : lossyObject(value, depth);
    default:
      return { path: "", what: `${typeof value} is not JSON` };
  }
}

function lossyArray(values: readonly unknown[], depth: number): Lossy | undefined {
  for (let i = 0; i < values.length; i++) {
    const problem = lossy(values[i], depth + 1);
    if (problem !== undefined) return { path: `[${i}]${problem.path}`, what: problem.what };
  }
  return undefined;
}

function lossyObject(value: object, depth: number): Lossy | undefined {
  const prototype: unknown = Object.getPrototypeOf(value);
  // Plain means: no prototype, or one that itself has none; so an object of another realm passes and a Date does not.
  if (prototype !== null && Object.getPrototypeOf(prototype) !== null) return { path: "", what: "an instance of a class is not JSON" };
  for (const key in value) {
    const problem = lossy((value as Record<string, unknown>)[key], depth + 1);
    if (problem !== undefined) return { path: `.${key}${problem.path}`, what: problem.what };
  }
  return undefined;
}

/**
 * Checks everything about an append that needs no database.
 * @returns the JSON text of each event, in order.
 * @throws InvalidWrite
 */
export function encodeWrites(writes: readonly StreamWrite[]): string[] {
  if (isEmpty(writes)) throw new InvalidWrite("writes", "must name at least one stream");
  if (writes.length > 1) checkDistinct(writes);
  const encoded: string[] = [];
  let length = 0;
  writes.forEach((write, w) => {
    checkName(write.stream, `writes[${w}].stream`);
    checkCount(write.expected, `writes[${w}].expected`);
    if (isEmpty(write.events)) throw new InvalidWrite(`writes[${w}].events`, "must not be empty");
    write.events.forEach((event, e) => {
      checkName(event.kind, `writes[${w}].events[${e}].kind`);
      const text = encodeJson(event.data, `writes[${w}].events[${e}].data`);
      length += text.length;
      if (length > MAX_APPEND) throw new InvalidWrite("writes", `more than ${MAX_APPEND} characters of JSON in one append`);
      encoded.push(text);
    });
  });
  return encoded;
}

/** Takes unknown, for callers without types. */
function isEmpty(list: unknown): boolean {
  return !Array.isArray(list) || list.length === 0;
}

function checkDistinct(writes: readonly StreamWrite[]): void {
  const seen = new Set<string>();
  for (const { stream } of writes) {
    if (seen.has(stream)) throw new InvalidWrite("writes", "the same stream twice; put its events into one write");
    seen.add(stream);
  }
}
