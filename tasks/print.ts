import Table from "cli-table3";
import { SingleBar } from "cli-progress";
import { HardhatError } from "@nomicfoundation/hardhat-errors";
import { MintdError } from "../src/error.ts";
import { closeAll } from "./at-end.ts";

/** What a task's action prints: a table for people, one JSON document for machines. */
export function print(json: boolean, value: unknown, human: () => string): void {
  console.log(json ? JSON.stringify(value, jsonValue, 2) : human());
}

/** JSON knows no bigint. */
const jsonValue = (_key: string, value: unknown): unknown => (typeof value === "bigint" ? value.toString() : value);

/** An error as machines read it; the code is null where it is none of mintd's. */
export const plainError = (error: unknown): { readonly code: string | null; readonly message: string } =>
  error instanceof MintdError ? { code: error.code, message: error.message } : { code: null, message: String(error) };

/** An event as machines read it: its error as code and words. */
export const plainEvent = (event: object): object => ("error" in event ? { ...event, error: plainError(event.error) } : event);

/** An event as one line of JSON, for streams of them. */
export const jsonLine = (event: object): string => JSON.stringify(plainEvent(event), jsonValue);

/** No colours, and no line between rows. */
const plain = { style: { head: [], border: [], compact: true } };

/** Rows of names and values. */
export function factTable(facts: readonly (readonly [string, string | number])[]): string {
  const table = new Table({ ...plain, colAligns: ["left", "right"] });
  table.push(...facts.map(([name, value]) => [name, typeof value === "number" ? grouped(value) : value]));
  return table.toString();
}

/** Rows under a head. */
export function rowTable(head: readonly string[], rows: readonly (readonly (string | number)[])[]): string {
  const table = new Table({ ...plain, head: [...head] });
  table.push(...rows.map((row) => row.map((cell) => (typeof cell === "number" ? grouped(cell) : cell))));
  return table.toString();
}

/** 12345.67 as 12,345.7: enough digits to compare by eye. */
export const grouped = (value: number): string => value.toLocaleString("en-US", { maximumFractionDigits: Math.abs(value) < 100 ? 1 : 0 });

export const seconds = (ms: number): string => `${(ms / 1_000).toFixed(1)} s`;

/** What a progress display shows now. */
export interface Progress {
  readonly done: number;
  readonly words: string;
}

/**
 * Progress of long work: a bar on a terminal, elsewhere a plain line every second. Goes to stderr, so that stdout is the
 * result. Returns the way to end it.
 */
export function showProgress(title: string, total: number, now: () => Progress): () => void {
  const bar = process.stderr.isTTY ? new SingleBar({ format: `${title} {bar} {value}/{total} {words}`, hideCursor: true }) : undefined;
  bar?.start(total, 0, { words: "" });
  const show = () => {
    const { done, words } = now();
    if (bar) bar.update(done, { words });
    else console.error(`${title} ${grouped(done)}/${grouped(total)} ${words}`);
  };
  const timer = setInterval(show, bar ? 100 : 1_000);
  return () => {
    clearInterval(timer);
    show();
    bar?.stop();
  };
}

/** An error as a person should see it: what, where, what to do; the stack only of an error that is our fault. */
export function describeError(error: unknown): string {
  if (!(error instanceof MintdError)) return error instanceof Error ? (error.stack ?? error.message) : String(error);
  return `${error.code}: ${error.message}${error.hint === undefined ? "" : `\n  what to do: ${error.hint}`}`;
}

/** Runs a task's work and closes what it opened; an error is printed and becomes exit code 1. */
export async function reporting(json: boolean, work: () => Promise<void>): Promise<void> {
  try {
    await work();
  } catch (error) {
    if (HardhatError.isHardhatError(error)) throw error; // Hardhat has its own words, without a stack, and the same exit code
    process.exitCode = 1;
    if (json && error instanceof MintdError) {
      console.log(JSON.stringify({ error: { code: error.code, message: error.message, hint: error.hint } }, null, 2));
    } else {
      console.error(describeError(error));
    }
  } finally {
    await closeAll().catch((error: unknown) => {
      process.exitCode = 1;
      console.error(describeError(error));
    });
  }
}
