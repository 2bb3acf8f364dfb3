/** The event store: the port, its errors, and the embedded adapter. */
export type { EventStore, Json, NewEvent, Position, Snapshot, StoredEvent, StreamId, StreamWrite, Version } from "./event-store.ts";
export {
  InvalidWrite,
  StoreClosed,
  StoreCorrupt,
  StoreForeign,
  StoreInUse,
  StoreNotFound,
  StoreReadOnly,
  StoreTooNew,
  StoreTooOld,
  StoreUnavailable,
  StoreWriteFailed,
  VersionConflict,
} from "./errors.ts";
export { openSqliteStore, type SqliteStoreOptions } from "./sqlite/open.ts";
