import { expect } from "chai";
import { AccountNonces, type Rpc, type RpcCall, type RpcOutcome } from "../../../../src/chain/index.ts";
import type { AccountCounts } from "../../../../src/chain/lane/account-nonces.ts";
import { HandClock } from "../../compensate/hand-clock.ts";
import { failure } from "../../store/expectations.ts";

/** A node whose counts are those of the list, one pair for each request, the last one for ever. */
function node(...pairs: readonly (readonly [latest: number, pending: number])[]) {
  const requests: (readonly RpcCall[])[] = [];
  const answer = ({ params }: RpcCall): string => {
    const [latest, pending] = pairs[Math.min(requests.length, pairs.length) - 1] ?? [0, 0];
    return `0x${(params[1] === "latest" ? latest : pending).toString(16)}`;
  };
  const rpc: Rpc = {
    request: <T>(method: string, params: readonly unknown[]) => {
      requests.push([{ method, params }]);
      return Promise.resolve("0x11" as T);
    },
    each: <T>(calls: readonly RpcCall[]) => {
      if (calls.length > 0) requests.push(calls);
      return Promise.resolve(calls.map((call): RpcOutcome<T> => ({ ok: true, value: answer(call) as T })));
    },
  };
  const clock = new HandClock();
  return { requests, clock, nonces: new AccountNonces(rpc, clock) };
}

const plain = (counts: readonly AccountCounts[]) => counts.map(({ latest, pending }) => [latest, pending]);

describe("Account nonces", () => {
  it("are read for several accounts in one request and kept for 3 s", async () => {
    const { requests, clock, nonces } = node([3, 5], [4, 6]);
    expect(plain(await nonces.counts(["a", "b"]))).to.deep.equal([3, 3].map((latest) => [latest, 5]));
    expect(requests.map(({ length }) => length)).to.deep.equal([4]);
    clock.advance(3_000);
    expect(plain(await nonces.counts(["b"]))).to.deep.equal([[3, 5]]);
    expect(requests).to.have.lengthOf(1);
    clock.advance(1);
    expect(plain(await nonces.counts(["b"]))).to.deep.equal([[4, 6]]);
  });

  it("are read anew when that is asked for, and where the clock was set back", async () => {
    const { requests, clock, nonces } = node([1, 1], [2, 2], [3, 3]);
    await nonces.counts(["a"]);
    expect(plain(await nonces.counts(["a"], true))).to.deep.equal([[2, 2]]);
    clock.advance(-60_000);
    expect(plain(await nonces.counts(["a"]))).to.deep.equal([[3, 3]]);
    expect(requests).to.have.lengthOf(3);
  });

  it("are agreed on by two reads in a row, in both tags, and never by the cache", async () => {
    const { requests, nonces } = node([9, 9], [1, 2], [1, 3], [1, 2], [1, 2]);
    await nonces.counts(["a"]);
    expect(await nonces.agreed("a")).to.include({ latest: 1, pending: 2 });
    expect(requests).to.have.lengthOf(5);
  });

  it("are not believed of a node that contradicts itself eight times: RPC_UNANSWERED", async () => {
    const { requests, nonces } = node(...Array.from({ length: 20 }, (_, i) => [i, i] as const));
    await failure("RPC_UNANSWERED", nonces.agreed("a"));
    expect(requests).to.have.lengthOf(8);
  });

  it("of a block are asked for by its number", async () => {
    const { requests, nonces } = node();
    expect(await nonces.at("a", 31)).to.equal(17);
    expect(requests[0]?.[0]?.params).to.deep.equal(["a", "0x1f"]);
  });
});
