// Feeds over HTTP, against a real server on this machine that answers well and badly.
import { expect } from "chai";
import { SigningKey } from "ethers";
import { createServer, type RequestListener, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { inspect } from "node:util";
import { gzipSync } from "node:zlib";
import { systemClock } from "../../../../src/clock.ts";
import { keccak256 } from "../../../../src/keccak/index.ts";
import {
  collectQuotes,
  type FeedError,
  InvalidFeed,
  ownSource,
  parsePrice,
  type PriceFeed,
  redstoneFeed,
  sourceKeyOf,
  tickerFeed,
} from "../../../../src/price/feeds/index.ts";
import { Secret } from "../../../../src/secret.ts";
import { checksumAddress } from "../../../../src/address.ts";
import { ETH, NOW } from "../../../circuits/example.ts";
import { codeOf } from "./codes.ts";

const URL_KEY = "a-customers-key-in-the-url";
const clock = { now: () => NOW * 1_000 + 500, pause: (ms: number, signal?: AbortSignal) => systemClock.pause(ms, signal) };

let server: Server;
let origin = "";
let answer: RequestListener;
let asked: string[] = [];

before(async () => {
  server = createServer((request, response) => {
    asked.push(request.url ?? "");
    answer(request, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
});

after(() => {
  server.closeAllConnections();
  server.close();
});

beforeEach(() => {
  asked = [];
});

const says = (body: unknown, status = 200): void => {
  answer = (_, response) => {
    response.writeHead(status, { "content-type": "application/json" }).end(typeof body === "string" ? body : JSON.stringify(body));
  };
};

const fetchOf = (feed: PriceFeed) => feed.fetch(ETH, new AbortController().signal);
const urlOf = () => `${origin}/ticker?key=${URL_KEY}`;

describe("tickerFeed", () => {
  const feedOf = (changes = {}) =>
    tickerFeed({ name: "ticker", asset: ETH, clock, url: urlOf(), pricePath: "data.0.last", timePath: "data.0.at", ...changes });
  const told = (last: unknown, at: unknown = NOW) => {
    says({ data: [{ last, at }] });
    return fetchOf(feedOf());
  };

  it("reads a price as a number or a text, and a time in seconds, milliseconds or ISO 8601", async () => {
    expect(await told(2345.67890123)).to.deep.equal({ price: 234_567_890_123n, timestamp: NOW });
    expect((await told("0.29")).price).to.equal(29_000_000n);
    expect((await told("1.999999999")).price).to.equal(199_999_999n);
    expect((await told(1e-7)).price).to.equal(10n);
    expect(await told(1, NOW * 1_000 - 1)).to.have.property("timestamp", NOW - 1);
    expect(await told(1, String(NOW))).to.have.property("timestamp", NOW);
    expect(await told(1, new Date((NOW - 60) * 1_000).toISOString())).to.have.property("timestamp", NOW - 60);
  });

  it("takes the time of asking where the answer has none", async () => {
    says({ price: "7" });
    expect(await fetchOf(tickerFeed({ name: "t", asset: ETH, clock, url: urlOf(), pricePath: "price" }))).to.deep.equal({
      price: 700_000_000n,
      timestamp: NOW,
    });
  });

  it("refuses what is no price, by a code each", async () => {
    for (const wrong of ["", "abc", "0x10", "1,5", "Infinity", true, null, [], {}, "1e999", "9".repeat(41)]) {
      expect(await codeOf(told(wrong)), JSON.stringify(wrong)).to.equal("FEED_ANSWER_INVALID");
    }
    for (const wrong of [0, -1, "-1", "0.000000001", "184467440737.09551616"]) {
      expect(await codeOf(told(wrong)), String(wrong)).to.equal("FEED_PRICE_OUT_OF_RANGE");
    }
    expect(await codeOf(told("184467440737.09551615"))).to.equal(undefined);
    expect(await codeOf(told(1, NOW - 61))).to.equal("FEED_PRICE_STALE");
    expect(await codeOf(told(1, NOW + 16))).to.equal("FEED_PRICE_FROM_THE_FUTURE");
    for (const wrong of ["yesterday", -1, null, "2026-13-01T00:00:00Z"])
      expect(await codeOf(told(1, wrong)), String(wrong)).to.equal("FEED_ANSWER_INVALID");
  });

  it("refuses what is no ticker: other JSON, no JSON, inherited names", async () => {
    for (const body of [{}, [], null, 5, "{", "", { data: [] }]) {
      says(body);
      expect(await codeOf(fetchOf(feedOf())), JSON.stringify(body)).to.equal("FEED_ANSWER_INVALID");
    }
    says({ data: [1, 2] });
    expect(await codeOf(fetchOf(feedOf({ pricePath: "data.__proto__.length", timePath: undefined })))).to.equal("FEED_ANSWER_INVALID");
  });

  it("follows no redirect, not even to itself", async () => {
    answer = (_, response) => {
      response.writeHead(302, { location: `${origin}/elsewhere` }).end();
    };
    expect(await codeOf(fetchOf(feedOf()))).to.equal("FEED_REFUSED");
    says("too many", 429);
    expect(await codeOf(fetchOf(feedOf()))).to.equal("FEED_REFUSED");
    expect(asked.filter((url) => url.startsWith("/elsewhere"))).to.deep.equal([]);
  });

  it("reads no more than it may, compressed or not, whatever length is announced", async () => {
    const ended = Promise.withResolvers<undefined>();
    answer = (_, response) => {
      response.writeHead(200);
      response.on("close", () => {
        ended.resolve(undefined);
      });
      const more = (): boolean => response.write(" ".repeat(16_384));
      response.on("drain", more);
      while (more());
    };
    expect(await codeOf(fetchOf(feedOf()))).to.equal("FEED_ANSWER_TOO_LARGE");
    await ended.promise; // the connection is given up, not read to its end
    answer = (_, response) => {
      response.writeHead(200, { "content-encoding": "gzip" }).end(gzipSync(" ".repeat(10_000_000)));
    };
    expect(await codeOf(fetchOf(feedOf()))).to.equal("FEED_ANSWER_TOO_LARGE");
  });

  it("gives up a server that says nothing, or stops in the middle", async () => {
    answer = () => undefined;
    expect(await codeOf(fetchOf(feedOf({ timeoutMs: 50 })))).to.equal("FEED_TIMED_OUT");
    answer = (_, response) => {
      response.writeHead(200).write('{"data":');
    };
    expect(await codeOf(fetchOf(feedOf({ timeoutMs: 50 })))).to.equal("FEED_TIMED_OUT");
    answer = (_, response) => {
      response.writeHead(200, { "content-length": "100" }).write("{");
      setImmediate(() => response.destroy());
    };
    expect(await codeOf(fetchOf(feedOf()))).to.equal("FEED_UNREACHABLE");
    expect(await codeOf(fetchOf(feedOf({ url: "http://127.0.0.1:9/" })))).to.equal("FEED_UNREACHABLE");
  });

  it("is made of https URLs without a user alone, and of paths", () => {
    for (const url of ["http://example.com/", "ftp://example.com/", "nowhere", "https://u:p@example.com/", "file:///etc/passwd"]) {
      expect(() => feedOf({ url }), url)
        .to.throw(InvalidFeed)
        .with.property("message")
        .that.does.not.contain("example.com");
    }
    for (const wrong of ["", ".", "a..b"]) expect(() => feedOf({ pricePath: wrong }), wrong).to.throw(InvalidFeed, "pricePath");
    expect(() => feedOf({ timePath: "" })).to.throw(InvalidFeed, "timePath");
  });

  it("never shows its key or URL, whatever the server does", async () => {
    const key = "5a".repeat(32);
    const answers: RequestListener[] = [
      (request, response) => response.writeHead(500).end(request.url),
      (request, response) => response.writeHead(302, { location: request.url ?? "" }).end(),
      (request, response) => response.end(`{"${request.url ?? ""}`),
      (request, response) => response.end(JSON.stringify({ data: [{ last: request.url, at: NOW }] })),
      (_, response) => response.destroy(),
      () => undefined,
      (_, response) => response.end(JSON.stringify({ data: [{ last: 2, at: NOW }] })),
    ];
    const source = ownSource(feedOf({ timeoutMs: 50 }), sourceKeyOf(new Secret(key)));
    const codes: string[] = [];
    for (const each of answers) {
      answer = each;
      const collected = await collectQuotes([source], { assetId: ETH }, { signal: new AbortController().signal });
      codes.push(collected.failed[0]?.code ?? "none");
      const everything = { source, collected, error: collected.failed[0]?.error };
      const json = JSON.stringify(everything, (_, value: unknown) => (typeof value === "bigint" ? value.toString() : value));
      const shown = json + inspect(everything, { showHidden: true, depth: 12 }) + String(everything.error?.stack);
      for (const secret of [key, URL_KEY, BigInt(`0x${key}`).toString(), "90, 90, 90, 90"]) expect(shown).not.to.contain(secret);
    }
    expect(codes).to.deep.equal([
      ...["FEED_REFUSED", "FEED_REFUSED", "FEED_ANSWER_INVALID", "FEED_ANSWER_INVALID", "FEED_UNREACHABLE", "FEED_TIMED_OUT", "none"],
    ]);
  });
});

describe("redstoneFeed", () => {
  const keys = [1, 2, 3, 4, 5].map((n) => new SigningKey(`0x${String(n).repeat(64)}`));
  const addressOf = (key: SigningKey): string => checksumAddress(keccak256(Buffer.from(key.publicKey.slice(4), "hex")).subarray(12));
  const signers = keys.map(addressOf);
  const stranger = new SigningKey(`0x${"9".repeat(64)}`);

  /** A package as its signer makes it: the binary form written out by hand, a point for each value. */
  const signed = (key: SigningKey, value: number | readonly number[], atMs = NOW * 1_000) => {
    const values = [value].flat();
    const points = values.map((each) => {
      const point = Buffer.alloc(64);
      point.write("ETH");
      point.writeBigUInt64BE(parsePrice(each.toFixed(8)) ?? 0n, 56);
      return point;
    });
    const end = Buffer.alloc(13);
    end.writeUIntBE(atMs, 0, 6);
    end.writeUInt32BE(32, 6);
    end.writeUIntBE(values.length, 10, 3);
    const digest = keccak256(Buffer.concat([...points, end]));
    const signature = Buffer.from(key.sign(digest).serialized.slice(2), "hex").toString("base64");
    return {
      timestampMilliseconds: atMs,
      signature,
      dataPoints: values.map((each) => ({ dataFeedId: "ETH", value: each })),
      dataPackageId: "ETH",
    };
  };
  const feedOf = (changes = {}) =>
    redstoneFeed({ name: "redstone", asset: ETH, clock, url: urlOf(), feedId: "ETH", signers, threshold: 3, ...changes });
  const told = (...packages: unknown[]) => {
    says({ BTC: [{}], ETH: packages });
    return fetchOf(feedOf());
  };
  const [a, b, c, d, e] = keys as [SigningKey, SigningKey, SigningKey, SigningKey, SigningKey];

  it("takes packages that other software signed", async () => {
    // By @redstone-finance/protocol 0.9.0: the first with three points, one of an id of more than 31 bytes; any order will do.
    const three = {
      dataPoints: [
        { dataFeedId: "ETH", value: 2345.678901239 },
        { dataFeedId: "BTC", value: 98765.4321 },
        { dataFeedId: "A_FEED_WHOSE_NAME_IS_LONGER_THAN_31_BYTES", value: 0.5 },
      ],
      timestampMilliseconds: 1800000000000,
      signature: "EXUGab3EhrTg3CumZebaJJBa3V3USp/tTCZQD1Se1O5gZu7pP5eLaYJeUC4I+UsyYjbRcT1crxltlcMSM7ld6Bw=",
    };
    const one = {
      dataPoints: [{ dataFeedId: "ETH", value: 1800.5 }],
      timestampMilliseconds: 1800000000000,
      signature: "N+EfQmtY5Ket3upfRDhvtbBw2uqxt/CtZyyAX8qw0JpJwF3tPaukgj1wBVLveCkfjZ4BwObF3Av6R4yiy/IbABs=",
    };
    says({ ETH: [three, one] });
    const both = { signers: ["0x19E7E376E7C213B7E7e7e46cc70A5dD086DAff2A", "0x1563915e194d8cfba1943570603f7606a3115508"], threshold: 2 };
    expect(await fetchOf(feedOf(both))).to.deep.equal({ price: 180_050_000_000n, timestamp: NOW });
    expect((await fetchOf(feedOf({ signers: both.signers.slice(0, 1), threshold: 1 }))).price).to.equal(234_567_890_124n);
    const btc = feedOf({ signers: both.signers.slice(0, 1), threshold: 1, feedId: "BTC", packageId: "ETH" });
    expect((await fetchOf(btc)).price).to.equal(9_876_543_210_000n);
  });

  it("gives the lower median over signers, as of the oldest package that counts", async () => {
    const at = NOW * 1_000;
    expect(await told(signed(a, 2003), signed(b, 2001, at - 4_000), signed(c, 2002), signed(d, 2000))).to.deep.equal({
      price: 200_100_000_000n,
      timestamp: NOW - 4,
    });
    expect((await told(signed(a, 1), signed(b, 2), signed(c, 2), signed(d, 2), signed(e, 9e9))).price).to.equal(200_000_000n);
  });

  it("counts authorised signers alone, each once, and says what was left out", async () => {
    expect(await codeOf(told(signed(a, 1), signed(b, 1), signed(stranger, 1)))).to.equal("FEED_SIGNERS_TOO_FEW");
    expect(await codeOf(told(signed(a, 1), signed(b, 1), signed(b, 1)))).to.equal("FEED_SIGNERS_TOO_FEW");
    expect(await codeOf(told(signed(a, 1), signed(b, 1), signed(b, 1), signed(c, 1)))).to.equal(undefined);
    const error = await told(signed(a, 1), signed(stranger, 1), signed(b, 1, NOW * 1_000 - 61_000)).catch(
      (thrown: unknown) => thrown as FeedError,
    );
    expect(error).to.have.property("message").that.contains("1 packages of others, 1 too old");
    const ahead = signed(c, 1, NOW * 1_000 + 16_000);
    expect(await codeOf(told(signed(a, 1), signed(b, 1), ahead))).to.equal("FEED_SIGNERS_TOO_FEW");
  });

  it("takes a signer's newest package, and nothing of one who signed two prices for one time", async () => {
    expect((await told(signed(a, 5), signed(b, 6), signed(c, 100, NOW * 1_000 - 1_000), signed(c, 7))).price).to.equal(600_000_000n);
    expect(await codeOf(told(signed(a, 5), signed(b, 6), signed(c, 7), signed(c, 8)))).to.equal("FEED_SIGNERS_TOO_FEW");
  });

  it("counts nothing that was altered or is no package, and does not let it hide the others", async () => {
    const good = [signed(a, 5), signed(b, 6)];
    const right = signed(c, 7);
    const point = { dataFeedId: "ETH", value: 7 };
    const altered: unknown[] = [
      signed(c, [7, 8]), // two prices under one signature
      { ...right, dataPoints: [{ ...point, value: 7.1 }] },
      { ...right, dataPoints: [{ ...point, value: -7 }] },
      { ...right, dataPoints: [{ ...point, value: "7e99" }] },
      { ...right, dataPoints: [{ ...point, dataFeedId: "BTC" }] },
      { ...right, dataPoints: [point, point] },
      { ...right, dataPoints: [] },
      { ...right, timestampMilliseconds: right.timestampMilliseconds + 1 },
      { ...right, timestampMilliseconds: 2 ** 48 },
      { ...right, signature: Buffer.alloc(65).toString("base64") },
      { ...right, signature: "AAAA" },
      ...[null, 5, "x", {}],
    ];
    for (const wrong of altered) expect(await codeOf(told(wrong, ...good)), JSON.stringify(wrong)).to.equal("FEED_SIGNERS_TOO_FEW");
    expect(await codeOf(told(...altered, right, ...good))).to.equal(undefined);
  });

  it("refuses an answer without the packages, or with too many", async () => {
    for (const body of [{}, [], { ETH: {} }, null, { BTC: [] }]) {
      says(body);
      expect(await codeOf(fetchOf(feedOf()))).to.equal("FEED_ANSWER_INVALID");
    }
    expect(await codeOf(told(...Array.from({ length: 65 }, () => ({}))))).to.equal("FEED_ANSWER_INVALID");
  });

  it("is not made of a threshold of half the signers or less, or of more than there are", () => {
    for (const wrong of [
      { threshold: 2 },
      { threshold: 6 },
      { threshold: 2.5 },
      { signers: [], threshold: 1 },
      { signers: [...signers.slice(0, 2), signers[0]] },
    ]) {
      expect(() => feedOf(wrong), JSON.stringify(wrong)).to.throw(InvalidFeed, "threshold");
    }
    expect(() => feedOf({ signers: ["0x12"], threshold: 1 })).to.throw(InvalidFeed, "signer");
  });
});
