/** A process that reserves voucher numbers until it is killed, and writes down which as it gets them: `first count` a line. */
import { openSync, writeSync } from "node:fs";
import { isDrift, VoucherNonces } from "../../../src/nonce/index.ts";
import { ConflictPath } from "../../../src/order/index.ts";
import { openSqliteStore } from "../../../src/store/index.ts";

const CALLERS = 16;

async function reserve(path: string, seed: number, told: string): Promise<void> {
  const store = await openSqliteStore({ path });
  const nonces = await VoucherNonces.open({
    ...{ store, chainId: 31337, minter: "0x55ac5436e68305a0c54297642163a8fdf23bba0a", shards: 8 },
    now: () => performance.now(),
    rerouting: (ledger) =>
      new ConflictPath({
        ...{ isConflict: isDrift, pause: () => Promise.resolve(), random: Math.random, now: () => performance.now() },
        shardMap: () => ledger.map,
      }),
  });
  const fd = openSync(told, "a");
  const caller = async (index: number): Promise<never> => {
    for (let i = seed + index; ; i = (i * 48_271) % 2_147_483_647) {
      const numbers = await nonces.reserve(1 + (i % 300), `user-${i % 40}`);
      writeSync(fd, lines(numbers)); // with the system before anything else happens: it outlives the process
    }
  };
  await Promise.all(Array.from({ length: CALLERS }, (_, index) => caller(index)));
}

/** Ascending numbers as runs without a gap. */
function lines(numbers: readonly bigint[]): string {
  let text = "";
  let first = numbers[0] ?? 0n;
  numbers.forEach((number, i) => {
    if (numbers[i + 1] === number + 1n) return;
    text += `${first} ${number - first + 1n}\n`;
    first = numbers[i + 1] ?? 0n;
  });
  return text;
}

const [, file, path, seed, told] = process.argv;
// The test runner loads every file of this folder; as a program it is named itself.
if (file === import.meta.filename && path !== undefined && told !== undefined) await reserve(path, Number(seed), told);
