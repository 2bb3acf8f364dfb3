/** What every SQLite file of mintd needs, whatever is in it: opening without harm, faults, and a thread to work in. */
export { type Fault, readFault, Refusal, SQLITE, sqliteCode, writeFault } from "./fault.ts";
export {
  BUSY_TIMEOUT,
  checkNotNewer,
  create,
  type DatabaseFile,
  hasWal,
  holdLock,
  makeFolder,
  migrate,
  openFrozen,
  openLive,
  probe,
  schemaVersion,
  sizeOf,
} from "./file.ts";
export { beside, Thread } from "./thread.ts";
