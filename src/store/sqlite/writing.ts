import { Thread } from "../../sqlite/index.ts";
import { StoreClosed, StoreWriteFailed } from "../errors.ts";
import type { Position } from "../event-store.ts";
import { AppendQueue, type QueueLimits } from "./append-queue.ts";
import { toError } from "./errors.ts";
import type { FromWriter, OpenRequest, ToWriter } from "./protocol.ts";

/** The main thread's end of the writing thread. */
export class Writing {
  readonly queue: AppendQueue;
  /** Resolves with the head when the store is open. Rejects with the errors of opening, see openSqliteStore. */
  readonly opened: Promise<Position>;
  /** Told each new head. */
  onHead: (head: Position) => void = () => undefined;
  /** Told once if the thread dies before it was closed. */
  onDeath: (error: Error) => void = () => undefined;
  readonly #path: string;
  readonly #thread: Thread<ToWriter, FromWriter>;
  readonly #opening = Promise.withResolvers<Position>();
  #waiting = true;
  #closing = false;

  constructor(file: URL, request: OpenRequest, limits: QueueLimits, now: () => number) {
    this.#path = request.path;
    this.opened = this.#opening.promise;
    this.#thread = new Thread<ToWriter, FromWriter>(file, request, this.#heard, this.#ended);
    this.#thread.await(); // until it is open; then only while appends are in flight
    this.queue = new AppendQueue(request.path, limits, now, (chunk) => {
      if (!this.#waiting) this.#thread.await();
      this.#waiting = true;
      this.#thread.post(chunk);
    });
  }

  /** Ends the thread; what was sent before is finished first. */
  async close(): Promise<void> {
    this.#closing = true;
    this.#thread.await();
    this.#thread.post({ kind: "close" });
    await this.#thread.ended;
    this.#thread.settle();
  }

  readonly #heard = (message: FromWriter): void => {
    switch (message.kind) {
      case "open":
        this.#opening.resolve(message.head);
        break;
      case "refused":
        this.#closing = true; // it ends by itself
        this.#opening.reject(toError(this.#path, message.fault));
        break;
      case "committed":
      case "failed": {
        const head = this.queue.answered(message);
        if (head !== undefined) this.onHead(head);
      }
    }
    if (this.#waiting && !this.queue.busy) {
      this.#waiting = false;
      this.#thread.settle();
    }
  };

  readonly #ended = (reason: Error | undefined): void => {
    const error =
      this.#closing && reason === undefined
        ? new StoreClosed()
        : new StoreWriteFailed(this.#path, "the writing thread died", { permanent: true, cause: reason });
    this.#opening.reject(error);
    this.queue.fail(error);
    if (!(error instanceof StoreClosed)) this.onDeath(error);
  };
}
