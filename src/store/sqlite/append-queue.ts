import type { MintdError } from "../../error.ts";
import { checkCount, checkName, encodeJson, encodeWrites } from "../encode.ts";
import { InvalidWrite, VersionConflict } from "../errors.ts";
import type { Position, Snapshot, StreamWrite } from "../event-store.ts";
import { toError } from "./errors.ts";
import type { Chunk, FromWriter } from "./protocol.ts";

/** Operations and characters after which a chunk is sent though the present tick has not ended: the writer starts on it meanwhile. */
const CHUNK_OPERATIONS = 64;
const CHUNK_CHARACTERS = 128 * 1024;
/** Callers let in from the waiting line at once; the rest a tick later, so that the event loop is never held for long. */
const ADMIT = 512;

/** How much may be on its way to the writer before further appends wait without being serialised. */
export interface QueueLimits {
  readonly operations: number;
  readonly characters: number;
}

interface Operation {
  /** Undefined for a snapshot. */
  readonly writes: readonly StreamWrite[] | undefined;
  readonly events: number;
  readonly characters: number;
  readonly resolve: (position: Position) => void;
  readonly reject: (error: Error) => void;
}

/** Puts an operation's numbers and texts into the chunk; returns how many events and characters. */
type Encode = (chunk: Chunk) => { readonly events: number; readonly characters: number };

/**
 * The main thread's half of group commit. Appends are serialised as they come and sent in chunks; the writer puts all
 * chunks that wait into one transaction, and answers in the same order, so the queue needs no identifiers.
 */
export class AppendQueue {
  readonly #path: string;
  readonly #limits: QueueLimits;
  readonly #now: () => number;
  readonly #send: (chunk: Chunk) => void;
  /** Sent or in the open chunk, oldest first, from index `#first` on. */
  #pending: Operation[] = [];
  #first = 0;
  #characters = 0;
  #chunk = emptyChunk();
  #chunkCharacters = 0;
  #scheduled: NodeJS.Immediate | undefined;
  /** Those for whom there is no room yet, in order of their calls. */
  #line: (() => void)[] = [];
  #dead: MintdError | undefined;
  #idle: (() => void) | undefined;

  constructor(path: string, limits: QueueLimits, now: () => number, send: (chunk: Chunk) => void) {
    this.#path = path;
    this.#limits = limits;
    this.#now = now;
    this.#send = send;
  }

  /** @throws InvalidWrite, VersionConflict, StoreWriteFailed, StoreCorrupt */
  append(writes: readonly StreamWrite[]): Promise<Position> {
    return this.#enter(writes, (chunk) => {
      const encoded = encodeWrites(writes);
      const at = Math.floor(this.#now());
      if (!Number.isSafeInteger(at)) throw new InvalidWrite("now()", "must give milliseconds since the epoch");
      const { numbers, texts } = chunk;
      numbers.push(at, writes.length);
      let characters = 0;
      let e = 0;
      for (const write of writes) {
        numbers.push(write.expected, write.events.length);
        texts.push(write.stream);
        for (const event of write.events) {
          const text = encoded[e++] ?? "";
          texts.push(event.kind, text);
          characters += text.length;
        }
      }
      return { events: e, characters };
    });
  }

  /** Goes into the same transactions as appends do. @throws InvalidWrite, StoreWriteFailed, StoreCorrupt */
  async saveSnapshot(name: string, snapshot: Snapshot): Promise<void> {
    await this.#enter(undefined, (chunk) => {
      checkName(name, "name");
      checkCount(snapshot.position, "snapshot.position");
      const text = encodeJson(snapshot.data, "snapshot.data");
      chunk.numbers.push(snapshot.position, 0);
      chunk.texts.push(name, text);
      return { events: 0, characters: text.length };
    });
  }

  /** Resolves when all that entered before is answered. */
  async idle(): Promise<void> {
    if (this.#size === 0 && this.#line.length === 0) return;
    await new Promise<void>((resolve) => (this.#idle = resolve));
  }

  /** The writer's answer to the oldest operations. @returns the head after it. */
  answered(message: FromWriter & { kind: "committed" | "failed" }): Position | undefined {
    const operations = this.#take(message.operations);
    let position: Position | undefined;
    if (message.kind === "failed") {
      for (const operation of operations) operation.reject(toError(this.#path, message.fault));
    } else {
      position = message.before;
      let c = 0;
      operations.forEach((operation, index) => {
        if (message.conflicts[c] !== index) {
          position = (position ?? 0) + operation.events;
          operation.resolve(position);
          return;
        }
        const write = operation.writes?.[message.conflicts[c + 1] ?? 0];
        operation.reject(new VersionConflict(write?.stream ?? "", write?.expected ?? 0, message.conflicts[c + 2] ?? 0));
        c += 3;
      });
    }
    this.#admit();
    return position;
  }

  /** The writer is gone: everything in flight is in doubt, and so is every later append. */
  fail(error: MintdError): void {
    this.#dead = error;
    for (const operation of this.#take(this.#size)) operation.reject(error);
    const line = this.#line;
    this.#line = [];
    for (const enter of line) enter();
    this.#wakeIdle();
  }

  /** Whether anything is on its way to the writer. */
  get busy(): boolean {
    return this.#size > 0;
  }

  get #size(): number {
    return this.#pending.length - this.#first;
  }

  get #full(): boolean {
    return this.#size >= this.#limits.operations || this.#characters >= this.#limits.characters;
  }

  #enter(writes: readonly StreamWrite[] | undefined, encode: Encode): Promise<Position> {
    return new Promise((resolve, reject) => {
      const enter = (): void => {
        try {
          if (this.#dead !== undefined) throw this.#dead;
          const { events, characters } = encode(this.#chunk);
          this.#chunk.operations++;
          this.#pending.push({ writes, events, characters, resolve, reject });
          this.#characters += characters;
          this.#chunkCharacters += characters;
        } catch (error) {
          reject(error instanceof Error ? error : new Error(String(error)));
          return;
        }
        if (this.#chunk.operations >= CHUNK_OPERATIONS || this.#chunkCharacters >= CHUNK_CHARACTERS) this.#flush();
        else this.#scheduled ??= setImmediate(this.#flush);
      };
      // Whoever comes while others stand in line stands behind them, so that appends are taken in the order of the calls.
      if (this.#line.length > 0 || this.#full) this.#line.push(enter);
      else enter();
    });
  }

  readonly #flush = (): void => {
    if (this.#scheduled !== undefined) clearImmediate(this.#scheduled);
    this.#scheduled = undefined;
    if (this.#chunk.operations === 0) return;
    const chunk = this.#chunk;
    this.#chunk = emptyChunk();
    this.#chunkCharacters = 0;
    this.#send(chunk);
  };

  #take(count: number): Operation[] {
    const taken = this.#pending.slice(this.#first, this.#first + count);
    this.#first += taken.length;
    for (const operation of taken) this.#characters -= operation.characters;
    // Cut off the answered front when it is half of the array: amortised constant per operation.
    if (this.#first * 2 >= this.#pending.length) {
      this.#pending = this.#pending.slice(this.#first);
      this.#first = 0;
    }
    return taken;
  }

  readonly #admit = (): void => {
    let admitted = 0;
    while (admitted < this.#line.length && admitted < ADMIT && !this.#full) this.#line[admitted++]?.();
    if (admitted > 0) this.#line.splice(0, admitted);
    if (this.#line.length > 0 && !this.#full) setImmediate(this.#admit);
    this.#wakeIdle();
  };

  #wakeIdle(): void {
    if (this.#size > 0 || this.#line.length > 0) return;
    this.#idle?.();
    this.#idle = undefined;
  }
}

function emptyChunk(): Chunk & { operations: number } {
  return { kind: "chunk", operations: 0, numbers: [], texts: [] };
}
