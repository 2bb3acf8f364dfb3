import { mkdirSync, openSync } from "node:fs";
import { dirname } from "node:path";
import { destination as pinoDestination, type Logger, type LoggerOptions, pino } from "pino";
import type { Clock } from "../clock.ts";
import { LogFileUnwritable } from "./errors.ts";

export const logLevels = ["trace", "debug", "info", "warn", "error", "fatal", "silent"] as const;
export type LogLevel = (typeof logLevels)[number];

export interface LogOptions {
  readonly level: LogLevel;
  /** Path of a file that is appended to, made with its folder where it is missing; by default stderr. */
  readonly destination?: string;
  readonly clock: Clock;
  /** Hears of each line that was given up. */
  readonly onDropped?: () => void;
}

export interface Log {
  readonly logger: Logger;
  /** The same log for lines of ids and states alone, of which there are many: looking for hidden fields would double their cost. */
  readonly lean: Logger;
  /** Writes what is buffered and lets the destination go. */
  close(): Promise<void>;
}

/** Bytes that may wait for a slow destination; lines beyond are dropped and counted: a log never holds up a mint. */
const mostBuffered = 4 * 1024 * 1024;

/** Names of fields that are never shown, whatever gets into them. Nothing of ours puts a secret there: belt and braces. */
const hidden = ["key", "privateKey", "authorization", "url"].flatMap((name) => [name, `*.${name}`]);

/**
 * A log of JSON lines: `level`, `time` (ms since the epoch), `msg` and the fields of the line. Written in the background,
 * in order; a line of which the process died before it was written is lost.
 * @throws LogFileUnwritable
 */
export function createLog({ level, destination, clock, onDropped = () => undefined }: LogOptions): Log {
  if (level === "silent") {
    const logger = pino({ enabled: false });
    return { logger, lean: logger, close: () => Promise.resolve() };
  }
  const sink = pinoDestination({ fd: destination === undefined ? 2 : openLog(destination), sync: false, maxLength: mostBuffered });
  let failing = false; // the disk is full, the reader of stderr is gone: minting goes on
  sink.on("drop", onDropped);
  sink.on("error", () => {
    failing = true;
    onDropped();
  });
  sink.on("write", () => {
    failing = false;
  });
  const options: LoggerOptions = {
    level,
    base: null,
    timestamp: () => `,"time":${clock.now()}`,
    formatters: { level: (label) => ({ level: label }) },
  };
  return {
    logger: pino({ ...options, redact: { paths: hidden, censor: "[secret]" } }, sink),
    lean: pino(options, sink),
    async close() {
      if (failing) {
        sink.destroy();
        return;
      }
      const { promise, resolve } = Promise.withResolvers<undefined>();
      const done = () => {
        resolve(undefined);
      };
      sink.once("close", done);
      sink.once("error", done);
      sink.end();
      await promise;
    },
  };
}

/** Opened at once and not in the background, so that a wrong path is an error at the start and not a log that is missing later. */
function openLog(path: string): number {
  try {
    mkdirSync(dirname(path), { recursive: true });
    return openSync(path, "a", 0o600);
  } catch (error) {
    throw new LogFileUnwritable(path, error instanceof Error && "code" in error ? String(error.code) : "unknown");
  }
}
