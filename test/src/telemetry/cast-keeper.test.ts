import { expect } from "chai";
import type { KeeperEvent } from "../../../src/cast/index.ts";
import { castKeeperTelemetry, type KeeperTelemetry, readExposition } from "../../../src/telemetry/index.ts";
import { valueOf } from "./scraped.ts";

const place = { collateral: "0xc0", account: "0xa0" };
const repaidD18 = 100n * 10n ** 18n;

describe("The metrics of a keeper of positions", () => {
  let now: number;
  let telemetry: KeeperTelemetry<KeeperEvent>;

  beforeEach(() => {
    now = 5_000_000;
    telemetry = castKeeperTelemetry({ clock: { now: () => now } });
  });
  afterEach(() => telemetry.close());

  const part = { maxRepayD18: repaidD18, repaidD18, seized: 1n, shortfallD18: 0n, partial: true };
  const sent = (hash: string): KeeperEvent => ({ kind: "sent", hash, ...place, ...part });
  const mined = (first: string, block: number, again = false): KeeperEvent => ({
    ...{ kind: "liquidated", hash: `${first}b`, first, block, again, ...place, repaidD18 },
  });
  const takenBack = (first: string, block: number): KeeperEvent => ({ kind: "unconfirmed", hash: `${first}b`, first, block, ...place });
  const failed = (first?: string): KeeperEvent => ({ kind: "failed", ...place, error: undefined, ...(first && { hash: first, first }) });

  /** Tells it all, and what is repaid, on its way, and for how long then. */
  async function told(...events: readonly KeeperEvent[]): Promise<number[]> {
    for (const event of events) telemetry.hear(event);
    const families = readExposition((await telemetry.scrape()).text);
    const names = ["repaid_cast_total", "in_flight_liquidations", "in_flight_age_seconds"];
    return names.map((name) => valueOf(families, `mintd_cast_keeper_${name}`));
  }

  it("count a liquidation once that a reorg moved, and keep the other part of its position on its way", async () => {
    expect(await told(sent("0x1"), mined("0x1", 10))).to.deep.equal([100, 0, 0]);
    expect(await told(sent("0x2"))).to.deep.equal([100, 1, 0]);
    now += 60_000;
    expect(await told(takenBack("0x1", 10), mined("0x1", 11, true))).to.deep.equal([100, 1, 60]);
    expect(await told(mined("0x2", 12))).to.deep.equal([200, 0, 0]);
  });

  it("count what failed first and was mined after a reorg, once whatever comes after", async () => {
    expect(await told(sent("0x1"), failed("0x1"))).to.deep.equal([0, 0, 0]);
    expect(await told(takenBack("0x1", 10))).to.deep.equal([0, 1, 0]);
    expect(await told(mined("0x1", 11))).to.deep.equal([100, 0, 0]);
    expect(await told(takenBack("0x1", 11), failed("0x1"), takenBack("0x1", 11), mined("0x1", 12, true))).to.deep.equal([100, 0, 0]);
  });

  it("end nothing where nothing was sent", async () => {
    expect(await told(sent("0x1"), failed())).to.deep.equal([0, 1, 0]);
  });
});
