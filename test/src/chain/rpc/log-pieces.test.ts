import { expect } from "chai";
import type { Clock } from "../../../../src/clock.ts";
import { NotAsked } from "../../../../src/chain/rpc/endpoint.ts";
import { type LogPiece, logPieces } from "../../../../src/chain/rpc/log-pieces.ts";
import { type Rpc, RpcRefused, RpcUnanswered } from "../../../../src/chain/rpc/rpc.ts";
import { HttpNode, Refusal } from "./http-node.ts";

const filter = { address: `0x${"1".repeat(40)}`, topics: [] };

describe("Logs in pieces", () => {
  let node: HttpNode;
  /** Blocks of each answered question. */
  let answered: number[];
  let pauses: number[];
  /** What the node makes of a question. */
  let answer: (from: number, to: number) => "answers" | "refuses" | "fails";

  const clock: Clock = {
    now: () => 0,
    pause: (ms) => {
      pauses.push(ms);
      return Promise.resolve();
    },
  };
  /** A status of its own for one answer: real HTTP, so that what comes is a missing answer as an endpoint has it. */
  const rpc = (): Rpc => {
    const { rpc: real } = node.source();
    return {
      request: (method, params) => {
        const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
        node.mood = answer(Number(fromBlock), Number(toBlock)) === "fails" ? { status: 504, body: "gateway timeout" } : "answers";
        return real.request(method, params);
      },
      each: (calls) => real.each(calls),
    };
  };
  async function read(from: number, to: number, signal?: AbortSignal): Promise<LogPiece<number>[]> {
    const pieces: LogPiece<number>[] = [];
    for await (const piece of logPieces<number>(rpc(), filter, from, to, { clock, signal })) pieces.push(piece);
    return pieces;
  }
  const errorOf = (work: Promise<unknown>): Promise<unknown> => work.then(() => undefined).catch((error: unknown) => error);

  before(async () => {
    node = await HttpNode.start();
    node.on("eth_getLogs", (params) => {
      const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
      const [from, to] = [Number(fromBlock), Number(toBlock)];
      if (answer(from, to) === "refuses") return new Refusal("block range is too large");
      answered.push(to - from + 1);
      return Array.from({ length: to - from + 1 }, (_, i) => from + i);
    });
  });
  after(() => node.end());
  beforeEach(() => {
    [answered, pauses] = [[], []];
  });

  it("are of 2,000 blocks, each block once, and each piece says how far it goes", async () => {
    answer = () => "answers";
    const pieces = await read(7, 4_100);
    expect(pieces.map(({ to }) => to)).to.deep.equal([2_006, 4_006, 4_100]);
    expect(pieces.flatMap(({ logs }) => logs)).to.deep.equal(Array.from({ length: 4_094 }, (_, i) => 7 + i));
    expect(await read(5, 4)).to.deep.equal([]);
  });

  it("are asked for again as they are, a while later, where there was no answer", async () => {
    let fails = 3;
    answer = (from) => (from === 20_000 && fails-- > 0 ? "fails" : "answers");
    const pieces = await read(0, 29_999);
    expect(answered).to.deep.equal(Array<number>(15).fill(2_000));
    expect(pieces.flatMap(({ logs }) => logs)).to.have.length(30_000);
    expect(pauses).to.deep.equal([100, 200, 400]);
  });

  it("are halved at once where the node refuses, and doubled again after eight answers", async () => {
    answer = (from, to) => (from < 3_000 && to - from >= 500 ? "refuses" : "answers");
    const pieces = await read(0, 29_999);
    expect(pieces.flatMap(({ logs }) => logs)).to.have.length(30_000);
    expect(answered.slice(0, 6)).to.deep.equal(Array<number>(6).fill(500));
    expect(answered).to.include(1_000).and.include(2_000);
    expect(pauses).to.deep.equal([]);
  });

  it("are halved too where a node lets a question that is too big time out again and again", async () => {
    answer = (from, to) => (to - from >= 600 ? "fails" : "answers");
    expect((await read(0, 2_999)).flatMap(({ logs }) => logs)).to.have.length(3_000);
    expect(answered.every((blocks) => blocks === 500)).to.equal(true);
  });

  it("are not halved while an endpoint is left alone: the question was not asked", async () => {
    const spans: number[] = [];
    const held: Rpc = {
      request: (method, params) => {
        const [{ fromBlock, toBlock }] = params as [{ fromBlock: string; toBlock: string }];
        spans.push(Number(toBlock) - Number(fromBlock) + 1);
        if (spans.length < 6) return Promise.reject(new NotAsked(method, "node", "it is left alone"));
        return Promise.resolve([] as never);
      },
      each: () => Promise.resolve([]),
    };
    for await (const { to } of logPieces(held, filter, 0, 1_999, { clock })) expect(to).to.equal(1_999);
    expect(spans).to.deep.equal(Array<number>(6).fill(2_000));
  });

  it("are asked for again where a single block was refused, and got once the node has it", async () => {
    answer = () => (pauses.length < 2 ? "refuses" : "answers");
    expect((await read(9, 9)).flatMap(({ logs }) => logs)).to.deep.equal([9]);
    expect(pauses).to.deep.equal([100, 200]);
  });

  it("end where one block is refused, and where nobody answers for longer than an endpoint is left alone", async () => {
    answer = (from, to) => (from <= 700 && to >= 700 ? "refuses" : "answers");
    expect(await errorOf(read(0, 999))).to.be.instanceOf(RpcRefused);
    expect(Math.max(...answered)).to.be.below(700);
    expect(pauses, "a node may not have its newest block yet").to.deep.equal([100, 200, 400, 800, 1_600, 3_200]);
    answer = () => "fails";
    expect(await errorOf(read(0, 999))).to.be.instanceOf(RpcUnanswered);
    expect(pauses.reduce((sum, ms) => sum + ms, 0)).to.be.above(5_000);
  });

  it("end with the signal's reason, also while they wait", async () => {
    const over = new AbortController();
    const reason = new Error("over");
    answer = (from) => {
      if (from > 0) over.abort(reason);
      return from > 0 ? "fails" : "answers";
    };
    expect(await errorOf(read(0, 9_999, over.signal))).to.equal(reason);
    expect(answered).to.deep.equal([2_000]);
    expect(pauses).to.have.length(1);
  });
});
