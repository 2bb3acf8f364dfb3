import { Thread } from "../../sqlite/index.ts";
import type { MintdError } from "../../error.ts";
import { StoreClosed, StoreUnavailable } from "../errors.ts";
import type { Json, StoredEvent } from "../event-store.ts";
import { toError } from "./errors.ts";
import type { FromReader, OpenRequest, Page, ReadAnswers, ReadRequest, ToReader } from "./protocol.ts";

interface Asked {
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/** The main thread's end of the reading thread: questions with numbers, answers in any order. */
export class Reading {
  readonly #path: string;
  readonly #thread: Thread<ToReader, FromReader>;
  readonly #asked = new Map<number, Asked>();
  #lastId = 0;
  #dead: MintdError | undefined;

  constructor(path: string, file: URL) {
    this.#path = path;
    this.#thread = new Thread<ToReader, FromReader>(file, undefined, this.#answered, this.#ended);
  }

  /** @throws the errors of opening, see openSqliteStore */
  async open(request: OpenRequest, besideOwnWriter: boolean): Promise<number> {
    return await this.ask({ kind: "open", request, besideOwnWriter });
  }

  /** @throws StoreClosed, StoreCorrupt, StoreUnavailable */
  async ask<K extends ReadRequest["kind"]>(request: ReadRequest & { readonly kind: K }): Promise<ReadAnswers[K]> {
    if (this.#dead !== undefined) throw this.#dead;
    const id = ++this.#lastId;
    this.#thread.await();
    try {
      const answer = await new Promise<unknown>((resolve, reject) => {
        this.#asked.set(id, { resolve, reject });
        this.#thread.post({ id, request });
      });
      return answer as ReadAnswers[K]; // reader.ts answers each kind with its type
    } finally {
      this.#thread.settle();
    }
  }

  /** Answers what was asked before, then ends the thread. */
  async close(): Promise<void> {
    this.#dead ??= new StoreClosed();
    this.#thread.await();
    this.#thread.post({ kind: "close" });
    await this.#thread.ended;
    this.#thread.settle();
  }

  readonly #answered = (message: FromReader): void => {
    const asked = this.#asked.get(message.id);
    this.#asked.delete(message.id);
    if ("fault" in message) asked?.reject(toError(this.#path, message.fault));
    else asked?.resolve(message.answer);
  };

  readonly #ended = (reason: Error | undefined): void => {
    this.#dead ??= new StoreUnavailable(this.#path, "the reading thread died", reason);
    for (const asked of this.#asked.values()) asked.reject(this.#dead);
    this.#asked.clear();
  };
}

/**
 * The events of one page after another. While the consumer works on a page, the next is already being read.
 * Data is parsed one event at a time, so a page never holds the event loop.
 * @param next asks for the page that follows the given place.
 */
export async function* eventsOf(
  first: Promise<Page>,
  next: (last: { position: number; version: number }) => Promise<Page>,
): AsyncGenerator<StoredEvent, void, undefined> {
  let page = await first;
  for (;;) {
    const { cells, more } = page;
    const last = cells.length - 6;
    const following = more ? next({ position: cells[last] as number, version: cells[last + 2] as number }) : undefined;
    following?.catch(() => undefined); // a consumer that stops early never looks at it
    for (let i = 0; i <= last; i += 6) yield eventAt(cells, i);
    if (following === undefined) return;
    page = await following;
  }
}

function eventAt(cells: Page["cells"], i: number): StoredEvent {
  // Casts and not checks: pages.ts lays the cells out in this order, and the tables are STRICT.
  return {
    position: cells[i] as number,
    stream: cells[i + 1] as string,
    version: cells[i + 2] as number,
    kind: cells[i + 3] as string,
    at: cells[i + 4] as number,
    data: JSON.parse(cells[i + 5] as string) as Json,
  };
}
