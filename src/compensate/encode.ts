import { createHash } from "node:crypto";
import { checkName, encodeJson } from "../store/encode.ts";
import { InvalidWrite } from "../store/errors.ts";
import type { Json } from "../store/event-store.ts";
import { InvalidTask } from "./errors.ts";
import { LEAST_URGENT, type NewTask } from "./task-queue.ts";

/** Most JSON text of a payload, in UTF-16 units: hashing and cloning more would hold the event loop too long. */
const MAX_PAYLOAD = 256 * 1024;
const MAX_STREAMS = 1_024;

/** A new task, checked and in the form in which it is stored. */
export interface EncodedTask {
  readonly kind: string;
  readonly id: string;
  readonly hash: string;
  readonly payload: string;
  readonly priority: number;
  readonly notBefore: number;
  readonly streams: string;
}

/**
 * Checks everything about a task that needs no database. The hash covers kind and payload, keys in sorted order, so that
 * the same work is the same task however its object was built; without the kind, two kinds under one id would swallow each other.
 * @throws InvalidTask
 */
export function encodeTask(task: NewTask): EncodedTask {
  const { kind, id, payload, priority = 0, notBefore = 0, streams = [] } = task;
  try {
    checkName(kind, "kind");
    checkName(id, "id");
    encodeJson(payload, "payload");
    streams.forEach((stream, i) => {
      checkName(stream, `streams[${i}]`);
    });
  } catch (error) {
    if (error instanceof InvalidWrite) throw new InvalidTask("task", error.message, error);
    throw error;
  }
  if (!Number.isInteger(priority) || priority < 0 || priority > LEAST_URGENT) {
    throw new InvalidTask("priority", `must be an integer from 0 (most urgent) to ${LEAST_URGENT}`);
  }
  if (!Number.isSafeInteger(notBefore) || notBefore < 0) throw new InvalidTask("notBefore", "must be whole milliseconds since the epoch");
  if (streams.length > MAX_STREAMS) throw new InvalidTask("streams", `more than ${MAX_STREAMS}`);
  const text = JSON.stringify(sorted(payload));
  if (text.length > MAX_PAYLOAD) throw new InvalidTask("payload", `more than ${MAX_PAYLOAD} characters of JSON`);
  // A kind holds no NUL (checkName), so kind and payload cannot run into each other.
  const hash = createHash("sha256").update(`${kind}\0${text}`).digest("hex");
  return { kind, id, hash, payload: text, priority, notBefore, streams: JSON.stringify(streams) };
}

/** The same data with the keys of every object in order. Its depth was checked by encodeJson. */
function sorted(data: Json): Json {
  if (typeof data !== "object" || data === null) return data;
  if (isArray(data)) return data.map(sorted);
  const entries = Object.keys(data)
    .sort()
    .map((key) => [key, sorted(data[key] ?? null)] as const);
  return Object.fromEntries(entries);
}

/** Array.isArray does not narrow readonly arrays. */
const isArray = (data: Json): data is readonly Json[] => Array.isArray(data);
