import { expect } from "chai";
import fc from "fast-check";
import { type BroadcastAnswer, Broadcaster, type Outgoing } from "../../../../src/chain/lane/broadcaster.ts";
import { type Rpc, type RpcCall, type RpcOutcome, RpcRefused, RpcUnanswered } from "../../../../src/chain/index.ts";
import { eventually } from "../../../eventually.ts";
import { idOf } from "../../order/orders.ts";

const method = "eth_sendRawTransaction";
const accepted: RpcOutcome<string> = { ok: true, value: "0x" };
const refusal = (message: string): RpcOutcome<string> => ({ ok: false, error: new RpcRefused(method, -32_000, message, undefined) });
const silence: RpcOutcome<string> = { ok: false, error: new RpcUnanswered(method, "node", "nothing within 10 ms") };
const noFunds = refusal("insufficient funds for gas * price + value");

const bytes = (nonce: number, attempt = 0, length = 4): Outgoing => ({
  nonce,
  hash: idOf(nonce * 10 + attempt),
  raw: `0x${nonce}${attempt}`.padEnd(length, "0"),
});

/** A node that says what it is told to, and notes what it was asked: one list for each request. */
class ScriptedNode {
  readonly requests: string[][] = [];
  readonly pauses: number[] = [];
  readonly answers: BroadcastAnswer[] = [];
  readonly settled = new Set<string>();
  readonly fatal: unknown[] = [];
  underWay = 0;
  mostUnderWay = 0;
  readonly broadcaster: Broadcaster;

  constructor(
    say: (raw: string, request: number) => RpcOutcome<string> | Promise<RpcOutcome<string>>,
    onAnswers: (answers: readonly BroadcastAnswer[]) => Promise<void> = () => Promise.resolve(),
  ) {
    const each = async (calls: readonly RpcCall[]): Promise<RpcOutcome<string>[]> => {
      const raws = calls.map(({ params }) => String(params[0]));
      const request = this.requests.push(raws) - 1;
      this.mostUnderWay = Math.max(this.mostUnderWay, ++this.underWay);
      const outcomes = await Promise.all(raws.map(async (raw) => say(raw, request)));
      this.underWay--;
      return outcomes;
    };
    const rpc: Rpc = { request: () => Promise.reject(new TypeError("one by one")), each: each as Rpc["each"] };
    this.broadcaster = new Broadcaster({
      rpc,
      clock: { now: () => 0, pause: (ms) => Promise.resolve(void this.pauses.push(ms)) },
      isSettled: ({ hash }) => this.settled.has(hash),
      onAnswers: (answers) => {
        this.answers.push(...answers);
        return onAnswers(answers);
      },
      onFatal: (error) => this.fatal.push(error),
    });
  }

  /** All that was handed over was answered and is not sent again. */
  async done(...outgoing: readonly Outgoing[]): Promise<void> {
    await eventually("all is sent", () => outgoing.every(({ hash }) => !this.broadcaster.has(hash)) || undefined);
    await this.broadcaster.close();
    expect(this.fatal).to.deep.equal([]);
  }
}

describe("The broadcaster", () => {
  it("sends what is handed over in one go in one request, lowest nonce first", async () => {
    const node = new ScriptedNode(() => accepted);
    const all = [bytes(3), bytes(1), bytes(2)];
    for (const each of all) node.broadcaster.send(each);
    await node.done(...all);
    expect(node.requests).to.deep.equal([[bytes(1).raw, bytes(2).raw, bytes(3).raw]]);
    expect(node.answers.map(({ outcome }) => outcome.kind)).to.deep.equal(["accepted", "accepted", "accepted"]);
  });

  it("keeps a request within 32 calls and 400,000 characters, and sends larger bytes alone rather than never", async () => {
    const node = new ScriptedNode(() => accepted);
    const small = Array.from({ length: 40 }, (_, i) => bytes(i));
    const large = [bytes(41, 0, 300_000), bytes(42, 0, 300_000), bytes(43, 0, 500_000)];
    for (const each of [...small, ...large]) node.broadcaster.send(each);
    await node.done(...small, ...large);
    expect(node.requests.map(({ length }) => length)).to.deep.equal([32, 9, 1, 1]);
  });

  it("sends the same bytes again where no answer came, after pauses that double up to 5 s, and what is behind them not before", async () => {
    const node = new ScriptedNode((_, request) => (request < 10 ? silence : accepted));
    node.broadcaster.send(bytes(7));
    await node.done(bytes(7));
    expect(new Set(node.requests.flat())).to.deep.equal(new Set([bytes(7).raw]));
    expect(node.requests).to.have.lengthOf(11);
    expect(node.pauses).to.deep.equal([10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 5_000]);
    expect(node.answers.filter(({ outcome }) => outcome.kind === "doubt")).to.have.lengthOf(10);
  });

  it("begins with short pauses again after an answer", async () => {
    const node = new ScriptedNode((_, request) => (request === 2 ? accepted : request < 5 ? silence : accepted));
    node.broadcaster.send(bytes(1));
    await eventually("the first is sent", () => !node.broadcaster.has(bytes(1).hash) || undefined);
    node.broadcaster.send(bytes(2));
    await node.done(bytes(2));
    expect(node.pauses).to.deep.equal([10, 20, 10, 20]);
  });

  it("does not repeat what a node answered with doubt: that is for upkeep, which sees whether the node has it", async () => {
    const node = new ScriptedNode(() => refusal("nonce too low"));
    node.broadcaster.send(bytes(1));
    await node.done(bytes(1));
    expect(node.requests).to.have.lengthOf(1);
    expect(node.answers[0]?.outcome.kind).to.equal("doubt");
  });

  it("repeats a few times what a node refuses in words that say nothing of it, and then leaves it to upkeep", async () => {
    const node = new ScriptedNode(() => refusal("internal error"));
    node.broadcaster.send(bytes(1));
    await node.done(bytes(1));
    expect(node.requests).to.deep.equal(Array.from({ length: 4 }, () => [bytes(1).raw]));
    const patient = new ScriptedNode((_, request) => (request < 2 ? refusal("internal error") : accepted));
    patient.broadcaster.send(bytes(2));
    await patient.done(bytes(2));
    expect(patient.answers.map(({ outcome }) => outcome.kind)).to.deep.equal(["doubt", "doubt", "accepted"]);
  });

  it("keeps what the node will not take for want of funds, and tries it again until it does; what it took is not repeated", async () => {
    const node = new ScriptedNode((raw, request) => (raw === bytes(1).raw && request < 3 ? noFunds : accepted));
    for (const each of [bytes(1), bytes(2)]) node.broadcaster.send(each);
    await node.done(bytes(1), bytes(2));
    expect(node.requests).to.deep.equal([[bytes(1).raw, bytes(2).raw], [bytes(1).raw], [bytes(1).raw], [bytes(1).raw]]);
    expect(node.answers.map(({ outcome }) => outcome.kind)).to.deep.equal([
      ...["never-sent", "accepted", "never-sent", "never-sent", "accepted"],
    ]);
  });

  it("does not send what is settled, though it waits", async () => {
    const node = new ScriptedNode((_, request) => {
      if (request === 0) node.settled.add(bytes(1).hash); // mined meanwhile
      return silence;
    });
    node.broadcaster.send(bytes(1));
    await node.done(bytes(1));
    expect(node.requests).to.have.lengthOf(1);
  });

  it("has the answers recorded before it goes on, and stops where that fails", async () => {
    const node = new ScriptedNode(
      () => accepted,
      () => Promise.reject(new Error("disk full")),
    );
    node.broadcaster.send(bytes(1));
    await eventually("it is told", () => node.fatal[0]);
    expect(node.fatal).to.have.lengthOf(1);
    await node.broadcaster.close();
  });

  it("ends a pause when it is closed, and sends nothing after", async () => {
    let paused = 0;
    const rpc: Rpc = { request: () => Promise.reject(new TypeError()), each: () => Promise.resolve([silence]) };
    const broadcaster = new Broadcaster({
      rpc,
      clock: {
        now: () => 0,
        pause: (_, signal) =>
          new Promise(
            (end) => (
              paused++,
              signal?.addEventListener("abort", () => {
                end();
              })
            ),
          ),
      },
      isSettled: () => false,
      onAnswers: () => Promise.resolve(),
      onFatal: (error) => expect.fail(String(error)),
    });
    broadcaster.send(bytes(1));
    await eventually("it waits", () => paused === 1 || undefined);
    await broadcaster.close();
    broadcaster.send(bytes(2));
    await broadcaster.close();
    expect(paused).to.equal(1);
    expect(broadcaster.has(bytes(1).hash)).to.equal(true);
  });

  it("sends what is handed over at any moment, also while it is about to have nothing left", async () => {
    for (let ticks = 0; ticks < 20; ticks++) {
      const node = new ScriptedNode(() => accepted, afterTicks);
      let handedOver = false;
      function afterTicks(): Promise<void> {
        if (handedOver) return Promise.resolve();
        handedOver = true;
        const later = (left: number): void => {
          left === 0
            ? node.broadcaster.send(bytes(2))
            : queueMicrotask(() => {
                later(left - 1);
              });
        };
        later(ticks);
        return Promise.resolve();
      }
      node.broadcaster.send(bytes(1));
      await eventually(`handed over after ${ticks} ticks, it is sent`, () => node.requests.flat().includes(bytes(2).raw) || undefined);
      await node.done(bytes(1), bytes(2));
    }
  });

  it("sends every bytes until answered, nothing twice at once, whatever the node says when", () =>
    fc.assert(
      fc.asyncProperty(
        fc.array(fc.record({ nonce: fc.nat(5), attempt: fc.nat(2), after: fc.nat(3) }), { maxLength: 20 }),
        fc.array(fc.constantFrom("accepted", "silence", "doubt", "funds"), { maxLength: 40 }),
        async (handed, says) => {
          const script = says.values();
          const answered = new Map<string, number>();
          const node = new ScriptedNode(async (raw) => {
            await Promise.resolve();
            const say = script.next().value;
            if (say === "silence") return silence;
            if (say === "funds") return noFunds;
            answered.set(raw, (answered.get(raw) ?? 0) + 1);
            return say === "doubt" ? refusal("already known") : accepted;
          });
          for (const { nonce, attempt, after } of handed) {
            for (let i = 0; i < after; i++) await Promise.resolve();
            node.broadcaster.send(bytes(nonce, attempt));
          }
          const all = handed.map(({ nonce, attempt }) => bytes(nonce, attempt));
          await node.done(...all);
          expect(node.mostUnderWay).to.be.at.most(1);
          for (const { raw } of all) expect(answered.get(raw), raw).to.be.at.least(1);
          for (const request of node.requests) expect(new Set(request).size).to.equal(request.length);
          for (const request of node.requests) expect(request.map((raw) => raw[2])).to.deep.equal(request.map((raw) => raw[2]).sort());
        },
      ),
      { numRuns: 50 },
    ));
});
