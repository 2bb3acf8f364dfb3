import type { Word } from "./protocol.ts";

/** What the caller was told, whichever of its processes heard it. */
export class Told {
  readonly acceptedAt = new Map<number, number>();
  readonly acknowledged = new Set<number>();
  readonly confirmed = new Set<number>();
  readonly failed = new Set<number>();
  readonly errorKinds = new Map<string, number>();
  /** When the last word came, ms since the epoch. */
  lastWordAt = 0;
  errors = 0;
  unhandled = 0;

  get firstAcceptedAt(): number {
    return Math.min(...this.acceptedAt.values());
  }

  take(word: Word): void {
    if (word.kind !== "unhandled") this.lastWordAt = Date.now(); // noise is no progress
    switch (word.kind) {
      case "accepted":
        for (const mint of word.mints) {
          if (!this.acceptedAt.has(mint)) this.acceptedAt.set(mint, word.at); // sent again by a second process: it began with the first
          this.failed.delete(mint);
        }
        return;
      case "acknowledged":
        this.acknowledged.add(word.mint);
        return;
      case "confirmed":
        this.confirmed.add(word.mint);
        return;
      case "failed":
        this.failed.add(word.mint);
        this.#error(word.error);
        return;
      case "trouble":
        this.#error(word.error);
        return;
      case "unhandled":
        this.unhandled++;
        return;
      case "waits for depth":
      case "warm":
      case "done":
    }
  }

  #error(kind: string): void {
    this.errors++;
    const short = kind.replaceAll(/0x[0-9a-f]+|\d{2,}/gi, "…");
    this.errorKinds.set(short, (this.errorKinds.get(short) ?? 0) + 1);
  }
}
