/** `PRAGMA application_id` of every mintd store: "mnt1" in ASCII. It never changes. */
export const APPLICATION_ID = 0x6d6e7431;

/**
 * The schema's history: entry i brings a store from version i to version i + 1. Entries are never edited once released;
 * a change is a new entry.
 *
 * Version 1. A stream's name (an order's is about 70 bytes) is stored once and stands in each event as a small integer;
 * new streams get rising ids, so the (stream, version) index grows at its end instead of at random places. Names are found by `slot`
 * (names.ts), since an index of whole names made new streams 40 % slower and the file 16 % larger. A stream's version is not a column: it is the highest version among its events, so there is no second truth that could differ.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE streams (
     id   INTEGER PRIMARY KEY,
     slot INTEGER NOT NULL UNIQUE,
     name TEXT NOT NULL
   ) STRICT;
   CREATE TABLE events (
     position INTEGER PRIMARY KEY,
     stream   INTEGER NOT NULL,
     version  INTEGER NOT NULL,
     kind     TEXT NOT NULL,
     at       INTEGER NOT NULL,
     data     TEXT NOT NULL,
     UNIQUE (stream, version)
   ) STRICT;
   CREATE TABLE snapshots (
     name     TEXT PRIMARY KEY,
     position INTEGER NOT NULL,
     data     TEXT NOT NULL
   ) STRICT, WITHOUT ROWID;`,
];

/**
 * Bytes. Measured: index inserts at random places dirty one page each, and a commit writes whole pages, so smaller
 * pages than SQLite's 4,096 commit faster; below this, rows no longer fit well.
 */
export const PAGE_SIZE = 2_048;

/** WAL pages (64 MB) after which a commit also checkpoints: the longer it waits, the more often a page is overwritten only once. */
export const CHECKPOINT_PAGES = 32_000;
