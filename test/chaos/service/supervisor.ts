import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { Clock } from "../../../src/clock.ts";
import { MintdError } from "../../../src/error.ts";
import type { WriteAheadPoint } from "../../../src/write-ahead.ts";
import type { Command, ServiceOptions, Word } from "./protocol.ts";

export interface SupervisorOptions {
  readonly service: ServiceOptions;
  /** Environment of the service: its keys, and what is loaded before it. */
  readonly env: Readonly<Record<string, string>>;
  /** File that takes what the service prints. */
  readonly logPath: string;
  /** Most times that the service is started. */
  readonly mostLives: number;
  readonly clock: Clock;
  /** Hears every word of the service except `idle`. */
  readonly hear: (word: Word) => void;
}

/** The service ended more often than anything that was done to it explains. */
export class KeepsDying extends MintdError {
  readonly code = "CHAOS_KEEPS_DYING";
  constructor(lives: number, logPath: string) {
    super(`the service was started ${lives} times and ended each time`, { hint: `its own words are in ${logPath}` });
  }
}

/** How a life of the service ended. */
export interface Death {
  readonly life: number;
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
}

/** What was done to one life of the service. */
interface Life {
  endedByUs: boolean;
}

/** Milliseconds between an end that nobody planned and the next start. */
const restartAfterMs = 150;
const program = join(import.meta.dirname, "main.ts");

/** Starts the service again whenever it ends, whatever the cause, as systemd or Kubernetes would. */
export class Supervisor {
  readonly #options: SupervisorOptions;
  readonly #log: number;
  readonly deaths: Death[] = [];
  #child: ChildProcess | undefined;
  #isReady = false;
  #stopping = false;
  /** Planned deaths that did not happen yet; they are planned for the next life too. */
  readonly #dooms = new Map<WriteAheadPoint, Extract<Command, { kind: "die at" }>>();
  #life: Life = { endedByUs: false };
  #idle: PromiseWithResolvers<undefined> | undefined;
  #running: Promise<void> = Promise.resolve();
  #stopped: Promise<void> | undefined;
  readonly #gaveUp = Promise.withResolvers<never>();

  constructor(options: SupervisorOptions) {
    this.#options = options;
    this.#log = openSync(options.logPath, "a");
    this.#gaveUp.promise.catch(() => undefined); // heard by whoever waits for the service
  }

  /** How often it was started. */
  get lives(): number {
    return this.deaths.length + (this.#child ? 1 : 0);
  }

  get isReady(): boolean {
    return this.#isReady;
  }

  /** Rejects when the service was started as often as it may be. */
  get gaveUp(): Promise<never> {
    return this.#gaveUp.promise;
  }

  start(): void {
    this.#running = this.#run();
  }

  /** Tells the service; does nothing where there is none that listens. */
  tell(command: Command): void {
    this.#child?.send(command, () => undefined); // one that died meanwhile is told again by whoever waits for its answer
  }

  /** The service ends when it reaches the point for the n-th time, in this life or a later one. */
  dieAt(point: WriteAheadPoint, reach: number): void {
    const doom = { kind: "die at", point, reach } as const;
    this.#dooms.set(point, doom);
    this.tell(doom);
  }

  /** Points at which the service was to end and that it did not reach. */
  get unreached(): WriteAheadPoint[] {
    return [...this.#dooms.keys()];
  }

  /** Ends the service as a power cut would. */
  kill(): void {
    this.#life.endedByUs = this.#child?.kill("SIGKILL") ?? false;
  }

  /** Resolves when a service says that nothing is under way; asked anew in each life. @throws KeepsDying */
  async idle(): Promise<void> {
    this.#idle ??= Promise.withResolvers();
    if (this.#isReady) this.tell({ kind: "say when idle" });
    await Promise.race([this.#idle.promise, this.gaveUp]);
  }

  /** Ends the service in peace and starts no other; called again it waits for the same end. */
  stop(): Promise<void> {
    return (this.#stopped ??= this.#stop());
  }

  async #stop(): Promise<void> {
    this.#stopping = true;
    this.#child?.kill("SIGTERM");
    const patience = setTimeout(() => {
      this.kill();
    }, 10_000);
    await this.#running;
    clearTimeout(patience);
    closeSync(this.#log);
  }

  async #run(): Promise<void> {
    const { clock, mostLives, logPath } = this.#options;
    while (!this.#stopping) {
      const planned = await this.#live();
      if (this.deaths.length >= mostLives) {
        this.#gaveUp.reject(new KeepsDying(this.deaths.length, logPath));
        return;
      }
      if (!planned) await clock.pause(restartAfterMs);
    }
  }

  /** One life. Returns whether its end was somebody's plan. */
  async #live(): Promise<boolean> {
    const { service, env } = this.#options;
    const child = spawn(process.execPath, [program], {
      stdio: ["ignore", this.#log, this.#log, "ipc"],
      env: { ...env, CHAOS_SERVICE: JSON.stringify(service) },
    });
    this.#child = child;
    const life: Life = { endedByUs: false };
    this.#life = life;
    child.on("message", (word: Word) => {
      if (word.kind !== "ready" || this.#child === child) this.#hear(word); // words may be heard after the end
    });
    for (const doom of this.#dooms.values()) this.tell(doom);
    const [code, signal] = (await once(child, "exit")) as [number | null, NodeJS.Signals | null];
    this.#child = undefined;
    this.#isReady = false;
    this.deaths.push({ life: this.deaths.length + 1, code, signal });
    if (signal === "SIGKILL" && !life.endedByUs) this.#dooms.delete(lastReached(service.reachedPath));
    return signal === "SIGKILL";
  }

  #hear(word: Word): void {
    if (word.kind === "idle") {
      this.#idle?.resolve(undefined);
      this.#idle = undefined;
      return;
    }
    if (word.kind === "ready") this.#isReady = true;
    this.#options.hear(word);
    if (word.kind === "ready" && this.#idle) this.tell({ kind: "say when idle" });
  }
}

/** The point at which a service that ended itself did so. */
function lastReached(file: string): WriteAheadPoint {
  const [last = ""] = readFileSync(file, "utf8").trimEnd().split("\n").slice(-1);
  return last.replace(" killed", "") as WriteAheadPoint;
}
