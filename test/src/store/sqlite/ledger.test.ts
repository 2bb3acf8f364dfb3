import { expect } from "chai";
import { DatabaseSync } from "node:sqlite";
import { Ledger } from "../../../../src/store/sqlite/ledger.ts";
import { StreamNames, slotOf } from "../../../../src/store/sqlite/names.ts";
import { migrations } from "../../../../src/store/sqlite/schema.ts";

function memory(): DatabaseSync {
  const db = new DatabaseSync(":memory:");
  for (const step of migrations) db.exec(step);
  return db;
}

describe("Stream names in the SQLite store", () => {
  it("have the slots that stores on disk were written with", () => {
    expect(["", "a", "order/1", "größe/ü"].map(slotOf)).to.deep.equal([
      5193540117070928, 3144400467382180, 6867398100132058, 3184613992140900,
    ]);
  });

  it("stay apart when their slots collide, also at the end of the slots, and for a new ledger", () => {
    const db = memory();
    const collide = (name: string): number => (name.length > 3 ? 2 ** 53 - 1 : 0);
    const names = ["a", "long1", "b", "long2", "c", "long3"];
    const append = (ledger: Ledger, expected: number): number[] => {
      const conflicts: number[] = [];
      const writes = names.map((name) => ({ numbers: [expected, 1], texts: [name, "k", JSON.stringify(name)] }));
      const numbers = [0, writes.length, ...writes.flatMap((write) => write.numbers)];
      ledger.apply({ kind: "chunk", operations: 1, numbers, texts: writes.flatMap((write) => write.texts) }, 0, conflicts);
      ledger.flush();
      return conflicts;
    };
    expect(append(new Ledger(db, collide), 0)).to.deep.equal([]);
    expect(append(new Ledger(db, collide), 1)).to.deep.equal([]);
    expect(append(new Ledger(db, collide), 1)).to.deep.equal([0, 0, 2]);
    const lookup = new StreamNames(db, collide);
    const data = db.prepare("SELECT DISTINCT data FROM events WHERE stream = ?");
    for (const name of names) expect(data.all(lookup.id(name)).map((row) => row["data"])).to.deep.equal([JSON.stringify(name)]);
    expect(lookup.id("none")).to.equal(0);
    db.close();
  });
});
