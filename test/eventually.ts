import { setTimeout as pause } from "node:timers/promises";

/** Looks every few milliseconds until `look` gives something else than undefined, and returns that; fails after `withinMs`. */
export async function eventually<T>(what: string, look: () => T | undefined | Promise<T | undefined>, withinMs = 60_000): Promise<T> {
  const until = Date.now() + withinMs;
  for (;;) {
    const seen = await look();
    if (seen !== undefined) return seen;
    if (Date.now() > until) throw new Error(`waited ${withinMs} ms in vain: ${what}`);
    await pause(10);
  }
}
