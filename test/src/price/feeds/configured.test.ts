import { expect } from "chai";
import hre from "hardhat";
import { networkOf } from "../../../../src/chain/index.ts";
import { configSchema, InvalidConfig, loadConfig } from "../../../../src/config/index.ts";
import { assetIdOf, InvalidPriceInput, InvalidSourceKey } from "../../../../src/price/index.ts";
import { FeedSequencerMissing, InvalidFeed, quoteSourcesOf } from "../../../../src/price/feeds/index.ts";
import { Secret } from "../../../../src/secret.ts";
import { secretNamed } from "../../../../tasks/secrets.ts";
import { NOW } from "../../../circuits/example.ts";
import { codeOf } from "./codes.ts";

const ETH = assetIdOf("ETH");
const address = `0x${"ab".repeat(20)}`;
const ticker = { name: "desk", asset: "ETH", key: "PRICE_KEY_A", kind: "ticker", url: "https://one.example/eth?key=k", pricePath: "last" };
const all = [
  ticker,
  { name: "link", asset: "ETH", key: "PRICE_KEY_B", kind: "chainlink", address, maxAgeSeconds: 3_600, lowest: 0.5, highest: 1e5 },
  { name: "pyth", asset: "ETH", key: "PRICE_KEY_C", kind: "pyth", address, feedId: `0x${"cd".repeat(32)}`, timeoutMs: 1_000 },
  {
    name: "red",
    asset: "ETH",
    key: "PRICE_KEY_D",
    kind: "redstone",
    url: "https://two.example/",
    feedId: "ETH",
    signers: [address],
    threshold: 1,
  },
  { name: "desk", asset: "BTC", key: "PRICE_KEY_A", kind: "ticker", url: "https://one.example/btc", pricePath: "last" },
];
const rpc = { request: () => Promise.reject(new Error("nobody asks")) };
const keys: Record<string, string> = {
  PRICE_KEY_A: "0a".repeat(32),
  PRICE_KEY_B: "0b".repeat(32),
  PRICE_KEY_C: "0c".repeat(32),
  PRICE_KEY_D: "0d".repeat(32),
};
const parts = { rpc, network: networkOf(1), secretNamed: (name: string) => Promise.resolve(new Secret(keys[name] ?? "")) };
const load = (sources: unknown) => loadConfig({ file: false, env: { MINTD_PRICES_SOURCES: JSON.stringify(sources) } }).prices.sources;

describe("prices.sources", () => {
  it("become the sources of one asset, with the keys that they name", async () => {
    const sources = await quoteSourcesOf(load(all), ETH, parts);
    expect(sources.map(({ name }) => name)).to.deep.equal(["desk", "link", "pyth", "red"]);
    expect(new Set(sources.map(({ key }) => key.x)).size).to.equal(4);
    const [btc, ...others] = await quoteSourcesOf(load(all), assetIdOf("BTC"), parts);
    expect([btc?.key, others]).to.deep.equal([sources[0]?.key, []]);
    expect(await quoteSourcesOf(configSchema.parse({}).prices.sources, ETH, parts)).to.deep.equal([]);
  });

  it("hand their range on, in 8 decimals", async () => {
    const words = (...all: readonly number[]) => `0x${all.map((word) => word.toString(16).padStart(64, "0")).join("")}`;
    const of = async (price: number) => {
      const answers = [words(8), words(1, price, NOW, NOW, 1)];
      const node = { request: <T>() => Promise.resolve(answers.shift() as T) };
      const clock = { now: () => NOW * 1_000, pause: () => new Promise<void>(() => undefined) };
      const [link] = await quoteSourcesOf(load([all[1]]), ETH, { ...parts, rpc: node, clock });
      return codeOf(link?.quote(ETH, new AbortController().signal) ?? Promise.reject(new Error("there is no source")));
    };
    expect([await of(49_999_999), await of(50_000_000)]).to.deep.equal(["FEED_PRICE_OUT_OF_RANGE", undefined]);
    expect([await of(10_000_000_000_000), await of(10_000_000_000_001)]).to.deep.equal([undefined, "FEED_PRICE_OUT_OF_RANGE"]);
  });

  it("say on a rollup, and where nobody knows, who tells that the sequencer is up; no key is asked for before", async () => {
    const chainlink = (sequencer?: unknown) => load([{ ...all[1], ...(sequencer !== undefined && { sequencer }) }]);
    const on = async (chainId: number, sequencer?: unknown) =>
      quoteSourcesOf(chainlink(sequencer), ETH, { ...parts, network: networkOf(chainId) }).catch((error: unknown) => error);
    const secretNamed = () => Promise.reject(new Error("a key was asked for"));
    for (const chainId of [8_453, 84_532, 10]) {
      expect(
        await quoteSourcesOf(chainlink(), ETH, { ...parts, network: networkOf(chainId), secretNamed }).catch((error: unknown) => error),
      )
        .to.be.instanceOf(FeedSequencerMissing)
        .with.property("hint")
        .that.contains("none");
      expect(await on(chainId, "none")).to.have.length(1);
      expect(await on(chainId, { address })).to.have.length(1);
    }
    for (const chainId of [1, 11_155_111, 31_337]) expect(await on(chainId)).to.have.length(1);
  });

  it("hand the sequencer's uptime feed on, and none where there is none", async () => {
    const asked = async (sequencer: unknown) => {
      const methods: string[] = [];
      const node = {
        request: (method: string): Promise<never> => {
          methods.push(method);
          return Promise.reject(new Error("nobody answers"));
        },
      };
      const [link] = await quoteSourcesOf(load([{ ...all[1], sequencer }]), ETH, { ...parts, network: networkOf(8_453), rpc: node });
      const error = await link?.quote(ETH, new AbortController().signal).catch((thrown: unknown) => thrown);
      expect(error).to.have.property("message", "nobody answers");
      return methods;
    };
    expect(await asked({ address, graceSeconds: 60 })).to.deep.equal(["eth_getBlockByNumber"]);
    expect(await asked("none")).to.deep.equal(["eth_call", "eth_call"]);
  });

  it("are refused as a whole where one is wrong, and no value is shown", () => {
    const wrong: [unknown, RegExp][] = [
      [{ ...ticker, kind: "oracle" }, /prices.sources.0.kind .*must have a kind/],
      [{ ...ticker, adress: address }, /prices.sources.0.adress .*no such setting/],
      [{ ...all[1], address: 5 }, /prices.sources.0.address .*in quotes/],
      [{ ...all[1], address: "0x12" }, /must be 0x and 20 bytes/],
      [{ ...all[1], sequencer: "some" }, /prices.sources.0.sequencer .*must be none, or/],
      [{ ...all[1], sequencer: { address, graceSeconds: 0 } }, /prices.sources.0.sequencer.graceSeconds /],
      [{ ...all[1], sequencer: { address, grace: 60 } }, /prices.sources.0.sequencer.grace .*no such setting/],
      [{ ...ticker, sequencer: "none" }, /no such setting/],
      [{ ...ticker, key: "5a".repeat(32) }, /never the key/],
      [{ ...ticker, asset: "ether" }, /symbol/],
      [{ ...ticker, asset: "123" }, /digits alone/],
      [{ ...all[3], threshold: 0 }, /threshold/],
    ];
    for (const [source, message] of wrong) {
      expect(() => load([source]), message.source)
        .to.throw(InvalidConfig, message)
        .with.property("message")
        .that.does.not.contain("5a5a");
    }
    expect(() => load([ticker, { ...ticker, key: "PRICE_KEY_B" }])).to.throw(InvalidConfig, /name twice/);
    expect(() => load([ticker, { ...ticker, name: "other" }])).to.throw(InvalidConfig, /key twice/);
    expect(() => loadConfig({ file: false, env: { MINTD_PRICES_SOURCES: "desk" } })).to.throw(InvalidConfig, /must be a list/);
  });

  it("are not made with a key or URL that is none", async () => {
    const none = { ...parts, secretNamed: () => Promise.resolve(new Secret("k")) };
    expect(await quoteSourcesOf(load(all), ETH, none).catch((error: unknown) => error)).to.be.instanceOf(InvalidSourceKey);
    const empty = await quoteSourcesOf(load([{ ...ticker, lowest: 2.5, highest: 1e-8 }]), ETH, parts).catch((error: unknown) => error);
    expect(empty).to.be.instanceOf(InvalidFeed).with.property("message").that.contains("lowest price is above");
    for (const bound of ["lowest", "highest"]) {
      const unread = quoteSourcesOf(load([{ ...ticker, [bound]: 1e-100 }]), ETH, parts).catch((error: unknown) => error);
      expect(await unread)
        .to.be.instanceOf(InvalidFeed)
        .with.property("message")
        .that.contains(`its ${bound} is 1e-100`);
      const nothing = quoteSourcesOf(load([{ ...ticker, [bound]: 1e-9 }]), ETH, parts).catch((error: unknown) => error);
      expect(await nothing).to.be.instanceOf(InvalidFeed);
    }
    const plain = load([{ ...ticker, url: "http://one.example/" }]);
    expect(await quoteSourcesOf(plain, ETH, parts).catch((error: unknown) => error)).to.be.instanceOf(InvalidFeed);
  });
});

describe("assetIdOf", () => {
  it("is the symbol's bytes, up to 64 bits", () => {
    expect(assetIdOf("ETH")).to.equal(0x455448n);
    expect(assetIdOf("ZZZZZZZZ") < 1n << 64n).to.equal(true);
    for (const wrong of ["", "eth", "ABCDEFGHI", "É", "123"]) expect(() => assetIdOf(wrong), wrong).to.throw(InvalidPriceInput);
  });
});

describe("secretNamed", () => {
  it("takes a variable of the environment, and says how to set one that is nowhere", async () => {
    process.env["MINTD_TEST_PRICE_KEY"] = "from the environment";
    try {
      expect((await secretNamed(hre, "MINTD_TEST_PRICE_KEY")).reveal()).to.equal("from the environment");
    } finally {
      delete process.env["MINTD_TEST_PRICE_KEY"];
    }
    expect(await codeOf(secretNamed(hre, "PRICE_KEY_THAT_IS_NOWHERE"))).to.equal("SECRET_MISSING");
  });
});
