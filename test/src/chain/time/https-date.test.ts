import { expect } from "chai";
import { HttpsDate, TimeSources, timeSourcesOf } from "../../../../src/chain/index.ts";
import { systemClock } from "../../../../src/clock.ts";
import type { TimeReading } from "../../../../src/nonce/index.ts";
import { eventually } from "../../../eventually.ts";
import { failure } from "../../store/expectations.ts";
import { type Behaviour, ca, HttpsServer } from "./https-server.ts";

const monotonic = (): number => performance.now();
const never = new AbortController().signal;

describe("The Date of an HTTPS server", function () {
  this.timeout(90_000);
  let server: HttpsServer;

  beforeEach(async () => (server = await HttpsServer.start()));
  afterEach(() => server.stop());

  const source = (options: { readonly ca?: string; readonly url?: string; readonly timeoutMs?: number } = {}) =>
    new HttpsDate({ url: server.url, ca, monotonic, pause: (ms, signal) => systemClock.pause(ms, signal), ...options });

  /** The server's time at the moment of a reading, by this machine's clocks. */
  const truthAt = (reading: TimeReading): number => Date.now() - (performance.now() - reading.atMs) + (server.behaviour.aheadMs ?? 0);

  for (const [name, behaviour] of [
    ["as it is", {}],
    ["of a server that is ahead by an hour and a bit", { aheadMs: 3_600_333 }],
    ["of a server that is slow in both directions", { slowMs: 60 }],
  ] as const satisfies readonly (readonly [string, Behaviour])[]) {
    it(`is read to much less than a second, and holds the truth: ${name}`, async () => {
      server.behaviour = behaviour;
      const reading = await source().read(never);
      const truth = truthAt(reading);
      expect(truth).to.be.within(reading.lowMs, reading.highMs);
      expect(reading.highMs - reading.lowMs).to.be.below(700);
      expect(server.questions).to.be.within(2, 6);
    });
  }

  it("is authenticated: a certificate that nobody trusts is refused, and so is one for another name", async () => {
    const { ca: _, ...untrusting } = { ca, url: server.url, monotonic, pause: () => Promise.resolve() };
    const error = await failure("TIME_SOURCE_UNREADABLE", new HttpsDate(untrusting).read(never));
    expect(error.message)
      .to.contain("localhost")
      .and.match(/certificate/);
    await failure("TIME_SOURCE_UNREADABLE", source({ url: server.url.replace("localhost", "127.0.0.2") }).read(never));
    expect(server.questions).to.equal(0);
  });

  it("is not taken from an answer without one, from a cache, or from a server whose clock jumps", async () => {
    server.behaviour = { withoutDate: true };
    expect((await failure("TIME_SOURCE_UNREADABLE", source().read(never))).message).to.contain("no date");
    server.behaviour = { headers: { age: "30" } };
    expect((await failure("TIME_SOURCE_UNREADABLE", source().read(never))).message).to.contain("from a cache");
    server.behaviour = {};
    const jumping = new HttpsDate({
      ...{ url: server.url, ca, monotonic },
      pause() {
        server.behaviour = { aheadMs: 60_000 };
        return Promise.resolve();
      },
    });
    expect((await failure("TIME_SOURCE_UNREADABLE", jumping.read(never))).message).to.contain("contradict");
  });

  it("that does not come in time, or where nobody listens, is a typed error", async () => {
    server.behaviour = { slowMs: 5_000 };
    expect((await failure("TIME_SOURCE_UNREADABLE", source({ timeoutMs: 50 }).read(never))).message).to.contain("in time");
    await failure("TIME_SOURCE_UNREADABLE", source({ url: "https://localhost:1/" }).read(never));
  });

  it("is asked for by all sources of the setting, each by itself, until they are closed", async () => {
    const heard: string[] = [];
    const troubles: unknown[] = [];
    const sources = new TimeSources({
      sources: [source(), source({ url: "https://localhost:1/" })],
      clock: systemClock,
      hear: (name) => heard.push(name),
      onTrouble: (error) => troubles.push(error),
    });
    sources.start();
    try {
      await eventually("the one is heard and the other failed", () => (heard.length === 1 && troubles.length === 1) || undefined);
    } finally {
      await sources.close();
    }
    expect(heard).to.deep.equal([new URL(server.url).host]);
  });

  it("of a setting with several URLs is several sources, of none none", () => {
    const named = (setting: string | undefined): string[] => timeSourcesOf(setting, systemClock, monotonic).map(({ name }) => name);
    expect(named("https://one.example/path, https://two.example")).to.deep.equal(["one.example", "two.example"]);
    expect(named(undefined)).to.deep.equal([]);
  });
});
