/** A disk and a clock that fail on command, for one process. */
export { compileFaultyDisk } from "./compile.ts";
export { Control, type DiskCounts, type DiskMode } from "./control.ts";
export { NoFaultyDisk } from "./errors.ts";
