import type { DatabaseSync, StatementSync } from "node:sqlite";

/** Slots are 53 bits wide, so that a slot is an exact number in JavaScript. */
const SLOTS = 2 ** 53;

/**
 * Where a stream's name is looked for first. Not cryptographic and not secret: names that somebody chooses to collide
 * cost probes, never correctness. The function is part of the file format: changing it needs a migration.
 */
export function slotOf(name: string): number {
  let a = 0x9e3779b1;
  let b = 0x85ebca6b;
  for (let i = 0; i < name.length; i++) {
    const unit = name.charCodeAt(i);
    a = Math.imul(a ^ unit, 0x85ebca77);
    b = Math.imul(b ^ unit, 0xc2b2ae3d);
  }
  a ^= Math.imul(a ^ (b >>> 15), 0x735a2d97);
  b ^= Math.imul(b ^ (a >>> 15), 0xcaf649a9);
  a ^= b >>> 16;
  b ^= a >>> 16;
  return (b >>> 0) * 2 ** 21 + (a >>> 11);
}

/** A name's stream id, or the free slot where a stream of that name would go. */
export type Found = { readonly id: number } | { readonly free: number };

/**
 * Finds streams by name through an index of numbers, a sixth of the size of an index of names, as a hash table with linear
 * probing: the slot after a taken one is the next to try. Streams are never removed, so a chain never breaks, and
 * UNIQUE (slot) also keeps a name from being there twice: its second row would go to the very slot of the first.
 */
export class StreamNames {
  readonly #at: StatementSync;
  readonly #hash: (name: string) => number;

  /** @param hash replaced in tests, to make slots collide. */
  constructor(db: DatabaseSync, hash: (name: string) => number = slotOf) {
    this.#at = db.prepare("SELECT id, name FROM streams WHERE slot = ?");
    this.#hash = hash;
  }

  find(name: string): Found {
    for (let slot = this.#hash(name); ; slot = (slot + 1) % SLOTS) {
      const row = this.#at.get(slot);
      if (row === undefined) return { free: slot };
      // node:sqlite gives arrays or objects; the statement is ours alone, so objects.
      if (row["name"] === name) return { id: Number(row["id"]) };
    }
  }

  /** The id, or 0, which no stream has. */
  id(name: string): number {
    const found = this.find(name);
    return "id" in found ? found.id : 0;
  }
}
