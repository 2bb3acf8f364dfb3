import { readLane } from "mintd";
import { openSqliteStore } from "mintd/store";

// Beside a process that sends, or without one.
const store = await openSqliteStore({ path: process.env.STORE ?? "nonces.db", readOnly: true });
const lane = await readLane(store, Number(process.env.CHAIN_ID), process.env.ADDRESS);
console.log(`next nonce ${lane.nextNonce}, ${lane.settled.transactions} final, ${lane.open.size} not final`);
for (const { nonce, attempts } of lane.open.values()) {
  for (const { hash, orderIds } of attempts) console.log(nonce, hash, orderIds[0] ?? "no-op");
}
await store.close();
