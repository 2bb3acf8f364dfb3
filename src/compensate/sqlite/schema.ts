/** `PRAGMA application_id` of every compensation queue: "mntq" in ASCII. It never changes. */
export const APPLICATION_ID = 0x6d6e7471;

/** Payloads of a few hundred bytes to some kilobytes fit well. */
export const PAGE_SIZE = 4_096;

/**
 * The schema's history: entry i brings a queue from version i to version i + 1. Entries are never edited once released.
 *
 * Version 1. AUTOINCREMENT, since a number is half of a fencing token and must never be given to a second task. One
 * task per (id, hash) while it is open, by a partial index, so that even a writer that checks nothing cannot double it. Due
 * tasks are found by (kind, priority, due, number), one seek for each kind and priority, however many wait for later. Depths
 * are kept by triggers inside the same transactions: counting a long queue each time it is asked would not be.
 */
export const migrations: readonly string[] = [
  `CREATE TABLE tasks (
     number   INTEGER PRIMARY KEY AUTOINCREMENT,
     kind     TEXT NOT NULL,
     id       TEXT NOT NULL,
     hash     TEXT NOT NULL,
     payload  TEXT NOT NULL,
     priority INTEGER NOT NULL,
     due      INTEGER NOT NULL,
     streams  TEXT NOT NULL,
     accepted INTEGER NOT NULL,
     changed  INTEGER NOT NULL,
     state    TEXT NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'dead', 'discarded')),
     tries    INTEGER NOT NULL DEFAULT 0,
     crashes  INTEGER NOT NULL DEFAULT 0,
     epoch    INTEGER NOT NULL DEFAULT 0,
     errors   TEXT NOT NULL DEFAULT '[]',
     events   TEXT NOT NULL DEFAULT '[]',
     reason   TEXT
   ) STRICT;
   CREATE UNIQUE INDEX open ON tasks (id, hash) WHERE state IN ('waiting', 'running', 'dead');
   CREATE INDEX due ON tasks (kind, priority, due, number) WHERE state = 'waiting';
   CREATE INDEX states ON tasks (state, number);
   CREATE INDEX ids ON tasks (id, number);
   CREATE TABLE depths (state TEXT PRIMARY KEY, tasks INTEGER NOT NULL) STRICT, WITHOUT ROWID;
   INSERT INTO depths VALUES ('waiting', 0), ('running', 0), ('done', 0), ('dead', 0), ('discarded', 0);
   CREATE TRIGGER came AFTER INSERT ON tasks BEGIN
     UPDATE depths SET tasks = tasks + 1 WHERE state = NEW.state;
   END;
   CREATE TRIGGER moved AFTER UPDATE OF state ON tasks WHEN OLD.state <> NEW.state BEGIN
     UPDATE depths SET tasks = tasks - 1 WHERE state = OLD.state;
     UPDATE depths SET tasks = tasks + 1 WHERE state = NEW.state;
   END;
   CREATE TRIGGER went AFTER DELETE ON tasks BEGIN
     UPDATE depths SET tasks = tasks - 1 WHERE state = OLD.state;
   END;
   CREATE TABLE runs (newest INTEGER NOT NULL) STRICT;
   INSERT INTO runs VALUES (0);`,
];
