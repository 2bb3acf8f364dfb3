import { openSqliteStore } from "../../../src/store/index.ts";
import { eventStoreConformance } from "./conformance.ts";
import { Folder } from "./sqlite/folder.ts";

eventStoreConformance("SQLite", () => {
  const folder = new Folder();
  return Promise.resolve({
    open: (now) => openSqliteStore({ path: folder.path, ...(now && { now }) }),
    remove: () => {
      folder.remove();
      return Promise.resolve();
    },
  });
});
