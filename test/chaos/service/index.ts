/** The whole service in a process of its own, and who starts it again. */
export type { Command, ServiceOptions, Word } from "./protocol.ts";
export { type Death, KeepsDying, Supervisor } from "./supervisor.ts";
