/**
 * Makes examples/mint-list.csv, the same on every run: 1,000 rows for 250 users. `node scripts/example-list.ts`.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { checksumAddress } from "../src/address.ts";
import { keccak256OfText } from "../src/keccak/index.ts";

const ROWS = 1_000;
const USERS = 250;

const hash = (...label: (string | number)[]) => keccak256OfText(["mintd.example", ...label].join("/"));
const below = (limit: number, ...label: (string | number)[]) => hash(...label).readUInt32BE() % limit;

const users = Array.from({ length: USERS }, (_, i) => checksumAddress(hash("user", i).subarray(12)));

/** Seven rows in ten are for one token, the others for 2 to 5. */
const quantityOf = (row: number) => (below(10, "many", row) < 7 ? 1 : 2 + below(4, "quantity", row));

/** The example, line ends LF. */
export function exampleList(): string {
  const rows = Array.from({ length: ROWS }, (_, i) => {
    const number = String(i + 1).padStart(4, "0");
    const user = users[i < USERS ? i : below(USERS, "owner", i)]; // each user once, then at random
    return `drop-${number},${String(user)},${quantityOf(i).toString()},ipfs://mintd-example/${number}.json`;
  });
  return ["id,to,quantity,uri", ...rows, ""].join("\n");
}

if (import.meta.main) {
  mkdirSync(new URL("../examples/", import.meta.url), { recursive: true });
  writeFileSync(new URL("../examples/mint-list.csv", import.meta.url), exampleList());
}
