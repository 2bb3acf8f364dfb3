import { MAX_APPEND } from "../../../src/store/encode.ts";

const event = { kind: "k", data: 1 };
const write = (data: unknown): unknown => [{ stream: "a", expected: 0, events: [event, { kind: "k", data }] }];
const cycle: { self?: unknown } = {};
cycle.self = cycle;

/** What no adapter may store, in words and as it would come from a caller without types. */
export const invalidWrites: readonly (readonly [string, unknown])[] = [
  ["no streams", []],
  ["no events", [{ stream: "a", expected: 0, events: [] }]],
  [
    "the same stream twice",
    [
      { stream: "a", expected: 0, events: [event] },
      { stream: "b", expected: 0, events: [event] },
      { stream: "a", expected: 1, events: [event] },
    ],
  ],
  ["an empty stream name", [{ stream: "", expected: 0, events: [event] }]],
  ["a stream name with NUL", [{ stream: "a\0b", expected: 0, events: [event] }]],
  ["a stream name with half a surrogate pair", [{ stream: "a\ud800", expected: 0, events: [event] }]],
  ["an endless stream name", [{ stream: "a".repeat(513), expected: 0, events: [event] }]],
  ["an empty kind", [{ stream: "a", expected: 0, events: [{ kind: "", data: 1 }] }]],
  ["a negative version", [{ stream: "a", expected: -1, events: [event] }]],
  ["half a version", [{ stream: "a", expected: 0.5, events: [event] }]],
  ["undefined", write(undefined)],
  ["undefined inside", write({ a: [1, { b: undefined }] })],
  ["a hole in an array", write([1, , 3])],
  ["a bigint", write({ amount: 1n })],
  ["NaN", write({ amount: NaN })],
  ["Infinity", write([Infinity])],
  ["a function", write({ toJSON: () => 1 })],
  ["a symbol", write(Symbol("x"))],
  ["a Date", write({ at: new Date(0) })],
  ["a Map", write(new Map())],
  ["bytes", write(new Uint8Array(3))],
  ["a cycle", write(cycle)],
  ["more than an append may carry", write("x".repeat(MAX_APPEND))],
];
