import { expect } from "chai";
import fc from "fast-check";
import {
  emptyLane,
  evolveLane,
  type LaneEvent,
  laneStream,
  type LaneState,
  latestOf,
  ordersOf,
  readLane,
  toSnapshot,
} from "../../../../src/chain/lane/lane-ledger.ts";
import type { EventStore, NewEvent } from "../../../../src/store/index.ts";
import { StoreFolder } from "../../order/books.ts";
import { idOf } from "../../order/orders.ts";

const address = "0x3C44CdDdB6a900fa2b585dd299e03d12FA4293BC";
const nonce = fc.nat(6);
const attempted = (at: number, fee: number, orderIds: readonly string[]): LaneEvent => ({
  kind: "attempted",
  data: {
    nonce: at,
    hash: idOf(at * 1_000 + fee),
    raw: `0x0${at}`,
    gasLimit: 21_000,
    maxFeePerGas: `${fee}`,
    maxPriorityFeePerGas: "1",
    orderIds,
  },
});
const event: fc.Arbitrary<LaneEvent> = fc.oneof(
  nonce.map((at): LaneEvent => ({ kind: "opened", data: { nonce: at } })),
  fc.tuple(nonce, fc.integer({ min: 1, max: 900 }), fc.boolean()).map(([at, fee, noOp]) => attempted(at, fee, noOp ? [] : [idOf(at)])),
  nonce.map((at): LaneEvent => ({ kind: "settled", data: { nonce: at, hash: idOf(at), block: at, gasUsed: 7, succeeded: true } })),
  nonce.map((at): LaneEvent => ({ kind: "displaced", data: { nonce: at, hash: idOf(at) } })),
  fc.constantFrom("open" as const, "paused" as const, "draining" as const).map((duty): LaneEvent => ({ kind: "duty", data: { duty } })),
);
const replay = (events: readonly LaneEvent[]): LaneState => events.reduce(evolveLane, emptyLane());

describe("The ledger of a lane with several attempts of a nonce", () => {
  let folder: StoreFolder;
  let store: EventStore;

  beforeEach(async () => {
    folder = await StoreFolder.make();
    store = await folder.open();
  });

  afterEach(async () => {
    await store.close();
    await folder.remove();
  });

  it("keeps them oldest first; the latest stands for the nonce, and a no-op takes no order from it", () => {
    const lane = replay([
      { kind: "opened", data: { nonce: 2 } },
      attempted(2, 10, [idOf(1)]),
      attempted(2, 20, [idOf(1)]),
      attempted(2, 30, []),
    ]);
    const open = lane.open.get(2);
    if (!open) throw new Error("nonce 2 is open");
    expect(open.attempts.map(({ version }) => version)).to.deep.equal([2, 3, 4]);
    expect(latestOf(open).maxFeePerGas).to.equal("30");
    expect(ordersOf(open)).to.deep.equal([idOf(1)]);
    expect(lane.nextNonce).to.equal(3);
  });

  it("does not move its next nonce for a gap that is filled, and forgets all attempts of a nonce that is settled", () => {
    const filled = [{ kind: "opened", data: { nonce: 5 } } as const, attempted(5, 1, [idOf(1)]), attempted(3, 1, []), attempted(3, 2, [])];
    expect(replay(filled).nextNonce).to.equal(6);
    const settled = { nonce: 3, hash: idOf(3_001), block: 1, gasUsed: 21_000, succeeded: true };
    expect([...replay([...filled, { kind: "settled", data: settled }]).open.keys()]).to.deep.equal([5]);
  });

  it("reads the same from a snapshot and what came since as from all events", async () => {
    let lanes = 0;
    const property = fc.asyncProperty(fc.array(event, { minLength: 1, maxLength: 30 }), fc.nat(30), async (events, at) => {
      const chainId = ++lanes; // a stream for each run
      const stream = laneStream(chainId, address);
      await store.append([{ stream, expected: 0, events: events as unknown as NewEvent[] }]);
      const data = toSnapshot(replay(events.slice(0, at)));
      if (at > 0) await store.saveSnapshot(stream, { position: await store.head(), data });
      const lane = await readLane(store, chainId, address);
      const { open, ...rest } = replay(events);
      expect({ ...lane, open: [...lane.open] }).to.deep.equal({ ...rest, open: [...open] });
    });
    await fc.assert(property, { numRuns: 50 });
  });
});
