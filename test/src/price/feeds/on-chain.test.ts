// Feeds read from real contracts on Hardhat's chain in this process.
import { expect } from "chai";
import { AbiCoder, Contract, ContractFactory, type InterfaceAbi, ZeroAddress } from "ethers";
import { readFile } from "node:fs/promises";
import { network } from "hardhat";
import { ProviderRpc } from "../../../../src/chain/rpc/provider-rpc.ts";
import { HttpRpc, type Rpc } from "../../../../src/chain/index.ts";
import { chainlinkFeed, type FeedError, InvalidFeed, type PriceFeed, pythFeed } from "../../../../src/price/feeds/index.ts";
import { ETH, NOW } from "../../../circuits/example.ts";
import { codeOf } from "./codes.ts";

const ID = `0x${"e7".repeat(32)}`;
const clock = { now: () => NOW * 1_000 + 500, pause: () => new Promise<void>(() => undefined) };

describe("Feeds on chain", () => {
  let rpc: Rpc;
  let deploy: (name: string) => Promise<Contract>;

  before(async () => {
    const connection = await network.create();
    rpc = new ProviderRpc(connection.provider);
    const [signer] = await connection.ethers.getSigners();
    deploy = async (name) => {
      const file = new URL(`../../../../cache/test-artifacts/test/contracts/mocks/Feeds.sol/${name}.json`, import.meta.url);
      const { abi, bytecode } = JSON.parse(await readFile(file, "utf8")) as { abi: InterfaceAbi; bytecode: string };
      const deployed = await new ContractFactory(abi, bytecode, signer).deploy();
      return new Contract(await deployed.getAddress(), abi, signer);
    };
  });

  const set = async (contract: Contract, ...args: unknown[]): Promise<void> => {
    await contract.getFunction("set")(...args);
  };
  const addressOf = (contract: Contract): string => contract.target as string;
  const fetchOf = (feed: PriceFeed) => feed.fetch(ETH, AbortSignal.timeout(10_000));

  /** What a feed makes of an answer that its contract never gave. */
  const fetchAnswer = async (types: readonly string[], values: readonly unknown[], of: (address: string) => PriceFeed) => {
    const parrot = await deploy("Parrot");
    await set(parrot, AbiCoder.defaultAbiCoder().encode(types, values));
    return codeOf(fetchOf(of(addressOf(parrot))));
  };

  describe("chainlinkFeed", () => {
    let aggregator: Contract;
    const feedOf = (changes = {}) =>
      chainlinkFeed({ name: "chainlink", asset: ETH, address: addressOf(aggregator), rpc, clock, maxAgeSeconds: 3_600, ...changes });
    const fetched = async (decimals: number, answer: bigint, at: number, changes = {}) => {
      await set(aggregator, decimals, answer, at);
      return fetchOf(feedOf(changes));
    };

    before(async () => {
      aggregator = await deploy("SettableAggregator");
    });

    it("gives the answer with 8 decimals, whatever decimals the aggregator has, as of its round", async () => {
      expect(await fetched(8, 234_567_890_123n, NOW - 3_600)).to.deep.equal({ price: 234_567_890_123n, timestamp: NOW - 3_600 });
      expect((await fetched(18, 2_345_678_901_239_999_999_999n, NOW)).price).to.equal(234_567_890_123n);
      expect((await fetched(0, 2_345n, NOW)).price).to.equal(234_500_000_000n);
    });

    it("refuses what is no price, by a code each", async () => {
      expect(await codeOf(fetched(8, 0n, NOW))).to.equal("FEED_PRICE_OUT_OF_RANGE");
      expect(await codeOf(fetched(8, -1n, NOW))).to.equal("FEED_PRICE_OUT_OF_RANGE");
      expect(await codeOf(fetched(8, 1n << 64n, NOW))).to.equal("FEED_PRICE_OUT_OF_RANGE");
      expect(await codeOf(fetched(18, 9_999_999_999n, NOW))).to.equal("FEED_PRICE_OUT_OF_RANGE");
      expect(await codeOf(fetched(8, 99n, NOW, { lowest: 100n }))).to.equal("FEED_PRICE_OUT_OF_RANGE");
      expect(await codeOf(fetched(8, 101n, NOW, { highest: 100n }))).to.equal("FEED_PRICE_OUT_OF_RANGE");
      expect(await codeOf(fetched(8, 100n, NOW - 3_601))).to.equal("FEED_PRICE_STALE");
      expect(await codeOf(fetched(8, 100n, NOW + 16))).to.equal("FEED_PRICE_FROM_THE_FUTURE");
      expect(await codeOf(fetched(8, 100n, NOW + 15))).to.equal(undefined);
      expect(await codeOf(fetched(8, 100n, 0))).to.equal("FEED_ANSWER_INVALID");
      expect(await codeOf(fetched(8, 100n, 2 ** 40))).to.equal("FEED_ANSWER_INVALID");
      expect(await codeOf(fetched(37, 10n ** 40n, NOW))).to.equal("FEED_ANSWER_INVALID");
    });

    it("refuses what is no aggregator: no contract, one that reverts, one that answers something else", async () => {
      expect(await codeOf(fetchOf(feedOf({ address: ZeroAddress })))).to.equal("FEED_ANSWER_INVALID");
      const pyth = await deploy("SettablePyth");
      expect(await codeOf(fetchOf(feedOf({ address: addressOf(pyth) })))).to.equal("FEED_REFUSED");
      const of = (other: string) => feedOf({ address: other });
      expect(await fetchAnswer(["bytes"], ["0x1234"], of)).to.equal("FEED_ANSWER_INVALID");
      expect(await fetchAnswer(["bytes"], [`0x${"00".repeat(4_000)}`], of)).to.equal("FEED_ANSWER_TOO_LARGE");
    });

    it("says that a node cannot be reached, without its URL", async () => {
      const far = new HttpRpc({ url: "http://127.0.0.1:9/v2/my-own-key", timeoutMs: 1_000 });
      const error = await fetchOf(feedOf({ rpc: far })).catch((thrown: unknown) => thrown as FeedError);
      expect(error).to.have.property("code", "FEED_UNREACHABLE");
      expect(error).to.have.property("message").that.does.not.contain("my-own-key");
    });

    it("signs for its own asset alone", async () => {
      await set(aggregator, 8, 100n, NOW);
      expect(await codeOf(feedOf().fetch(ETH + 1n, AbortSignal.timeout(1_000)))).to.equal("FEED_ASSET_UNKNOWN");
    });

    it("is not made of an address that is none, or a range that is empty", () => {
      expect(() => feedOf({ address: "0x12" })).to.throw(InvalidFeed);
      expect(() => feedOf({ lowest: 2n, highest: 1n })).to.throw(InvalidFeed);
      expect(() => feedOf({ asset: 1n << 64n })).to.throw(InvalidFeed);
    });
  });

  describe("chainlinkFeed on a rollup", () => {
    const PRICE = 234_567_890_123n;
    let aggregator: Contract;
    let uptime: Contract;
    /** Of the newest block, in seconds. */
    let head: number;
    const feedOf = (sequencer = {}, changes = {}) =>
      chainlinkFeed({
        ...{ name: "chainlink", asset: ETH, address: addressOf(aggregator), rpc, maxAgeSeconds: 3_600 },
        clock: { ...clock, now: () => head * 1_000 },
        sequencer: { address: addressOf(uptime), ...sequencer },
        ...changes,
      });

    /** Moves the chain on, and has the sequencer's status begin so many seconds before its newest block. */
    const since = async (status: bigint, seconds: number): Promise<void> => {
      const { timestamp } = await rpc.request<{ timestamp: string }>("eth_getBlockByNumber", ["latest", false]);
      head = Number(timestamp) + 100_000;
      await set(aggregator, 8, PRICE, head - 3_600);
      await set(uptime, status, head - seconds);
      await rpc.request("evm_setNextBlockTimestamp", [head]);
      await rpc.request("evm_mine", []);
    };
    const codeSince = async (status: bigint, seconds: number, sequencer = {}) => {
      await since(status, seconds);
      return codeOf(fetchOf(feedOf(sequencer)));
    };

    before(async () => {
      aggregator = await deploy("SettableAggregator");
      uptime = await deploy("SettableUptimeFeed");
    });

    it("gives the answer while the sequencer is up, once its grace period is over", async () => {
      await since(0n, 3_601);
      expect(await fetchOf(feedOf())).to.deep.equal({ price: PRICE, timestamp: head - 3_600 });
      expect(await codeSince(0n, 3_600)).to.equal("FEED_SEQUENCER_JUST_BACK");
      expect(await codeSince(0n, 8, { graceSeconds: 7 })).to.equal(undefined);
      expect(await codeSince(0n, 7, { graceSeconds: 7 })).to.equal("FEED_SEQUENCER_JUST_BACK");
      expect(await codeSince(0n, -30, { graceSeconds: 7 }), "begins later").to.equal("FEED_SEQUENCER_JUST_BACK");
    });

    it("refuses while the sequencer is down, however long", async () => {
      expect(await codeSince(1n, 1)).to.equal("FEED_SEQUENCER_DOWN");
      expect(await codeSince(1n, 50_000)).to.equal("FEED_SEQUENCER_DOWN");
    });

    it("takes a newest block of more than a minute for a sequencer that is down: its feed cannot say so yet", async () => {
      await since(0n, 50_000);
      const later = (seconds: number) => feedOf({}, { maxAgeSeconds: 10_000, clock: { ...clock, now: () => (head + seconds) * 1_000 } });
      expect(await codeOf(fetchOf(later(60)))).to.equal(undefined);
      expect(await codeOf(fetchOf(later(61)))).to.equal("FEED_SEQUENCER_DOWN");
    });

    it("refuses where nobody says: a round that is not valid, another kind of feed, no contract", async () => {
      await since(0n, 50_000);
      await set(uptime, 0n, 0);
      expect(await codeOf(fetchOf(feedOf()))).to.equal("FEED_SEQUENCER_UNKNOWN");
      for (const status of [2n, -1n]) expect(await codeSince(status, 50_000)).to.equal("FEED_SEQUENCER_UNKNOWN");
      expect(await codeOf(fetchOf(feedOf({ address: addressOf(aggregator) })))).to.equal("FEED_SEQUENCER_UNKNOWN");
      expect(await codeOf(fetchOf(feedOf({ address: ZeroAddress })))).to.equal("FEED_ANSWER_INVALID");
    });

    it("reads the answer and the sequencer's status after one block, whatever is mined meanwhile", async () => {
      await since(0n, 50_000);
      let asked = 0;
      const overtaken = {
        request: async <T>(method: string, params: readonly unknown[]): Promise<T> => {
          const answer = await rpc.request<T>(method, params);
          // After each answer the chain goes on: another price, then a sequencer that is down.
          await set(aggregator, 8, PRICE + BigInt(++asked), head);
          await set(uptime, 1n, head);
          return answer;
        },
      };
      expect((await fetchOf(feedOf({}, { rpc: overtaken }))).price).to.equal(PRICE);
      expect(asked).to.equal(4);
      expect(await codeOf(fetchOf(feedOf()))).to.equal("FEED_SEQUENCER_DOWN");
    });

    it("is not made of an uptime feed without address or with a grace period that is none", () => {
      expect(() => feedOf({ address: "0x12" })).to.throw(InvalidFeed, "sequencer's address");
      for (const graceSeconds of [0, -1, 1.5, Number.NaN]) expect(() => feedOf({ graceSeconds })).to.throw(InvalidFeed, "graceSeconds");
    });
  });

  describe("pythFeed", () => {
    let pyth: Contract;
    const feedOf = (changes = {}) => pythFeed({ name: "pyth", asset: ETH, address: addressOf(pyth), feedId: ID, rpc, clock, ...changes });
    const fetched = async (price: bigint, conf: bigint, expo: number, at: number, changes = {}) => {
      await set(pyth, ID, [price, conf, expo, at]);
      return fetchOf(feedOf(changes));
    };

    before(async () => {
      pyth = await deploy("SettablePyth");
    });

    it("gives the price with 8 decimals, whatever its exponent, as of when it was published", async () => {
      expect(await fetched(234_567_890_123n, 0n, -8, NOW - 60)).to.deep.equal({ price: 234_567_890_123n, timestamp: NOW - 60 });
      expect((await fetched(23_456n, 0n, -1, NOW)).price).to.equal(234_560_000_000n);
      expect((await fetched(23n, 0n, 2, NOW)).price).to.equal(230_000_000_000n);
      expect((await fetched(1_999_999n, 0n, -12, NOW)).price).to.equal(199n);
    });

    it("takes a confidence interval up to its bound and none wider", async () => {
      expect(await codeOf(fetched(200_000n, 1_000n, -2, NOW))).to.equal(undefined);
      expect(await codeOf(fetched(200_000n, 1_001n, -2, NOW))).to.equal("FEED_PRICE_UNCERTAIN");
      expect(await codeOf(fetched(200_000n, 1_001n, -2, NOW, { maxConfidenceBps: 51 }))).to.equal(undefined);
    });

    it("refuses what is no price, by a code each", async () => {
      expect(await codeOf(fetched(-5n, 0n, -8, NOW))).to.equal("FEED_PRICE_OUT_OF_RANGE");
      expect(await codeOf(fetched(0n, 5n, -8, NOW))).to.equal("FEED_PRICE_OUT_OF_RANGE");
      expect(await codeOf(fetched((1n << 63n) - 1n, 0n, 8, NOW))).to.equal("FEED_PRICE_OUT_OF_RANGE");
      expect(await codeOf(fetched(5n, 0n, -8, NOW - 61))).to.equal("FEED_PRICE_STALE");
      expect(await codeOf(fetched(5n, 0n, -8, NOW + 16))).to.equal("FEED_PRICE_FROM_THE_FUTURE");
      expect(await codeOf(fetched(10n ** 18n, 0n, -19, NOW))).to.equal("FEED_ANSWER_INVALID");
      expect(await codeOf(fetched(1n, 0n, 9, NOW))).to.equal("FEED_ANSWER_INVALID");
      expect(await codeOf(fetchOf(feedOf({ feedId: `0x${"00".repeat(32)}` })))).to.equal("FEED_REFUSED");
    });

    it("refuses numbers that are wider than their types", async () => {
      const of = (address: string) => feedOf({ address });
      const types = ["int256", "int256", "int256", "uint256"];
      expect(await fetchAnswer(types, [5n, 0n, -8n, NOW], of)).to.equal(undefined);
      expect(await fetchAnswer(types, [1n << 63n, 0n, -8n, NOW], of)).to.equal("FEED_ANSWER_INVALID");
      expect(await fetchAnswer(types, [5n, -1n, -8n, NOW], of)).to.equal("FEED_ANSWER_INVALID");
      expect(await fetchAnswer(types, [5n, 0n, 1n << 32n, NOW], of)).to.equal("FEED_ANSWER_INVALID");
      expect(await fetchAnswer([...types, "uint256"], [5n, 0n, -8n, NOW, 1n], of)).to.equal("FEED_ANSWER_INVALID");
    });

    it("is not made of a feed id that is none", () => {
      expect(() => feedOf({ feedId: "ETH/USD" })).to.throw(InvalidFeed, "feed id");
    });
  });
});
