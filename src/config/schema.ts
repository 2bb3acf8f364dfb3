import { z } from "zod";
import { priceSources } from "./price-sources.ts";

/** A whole number in a range, with its default and what it means; the range and meaning end up in docs/config.md. */
const whole = (min: number, max: number, fallback: number, description: string) =>
  z
    .int()
    .min(min)
    .max(max)
    .default(fallback)
    .meta({ description, examples: [fallback] });

const gwei = (min: number, max: number, fallback: number, description: string) =>
  z
    .number()
    .min(min)
    .max(max)
    .default(fallback)
    .meta({ description, examples: [fallback] });

const areHttps = (text: string): boolean =>
  text.split(",").every((url) => URL.canParse(url.trim()) && new URL(url.trim()).protocol === "https:");

const section = <Shape extends z.core.$ZodLooseShape>(shape: Shape) => z.strictObject(shape);

/** All of mintd's settings. Names carry their units; whatever is missing has its default. */
export const configSchema = z.strictObject({
  dataDir: z
    .string()
    .min(1)
    .max(4096)
    .default(".mintd")
    .meta({ description: "folder of the event store, relative to the working directory", examples: [".mintd"] }),
  tenant: z
    .string()
    .regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/)
    .default("default")
    .meta({ description: "name that keeps the idempotency keys of different users of one store apart", examples: ["default"] }),
  batch: section({
    maxItems: whole(1, 256, 200, "most orders in one transaction"),
    maxGas: whole(100_000, 16_777_216, 14_000_000, "most gas of one transaction; 2^24 is the protocol's own limit (EIP-7825)"),
    maxWaitMs: whole(0, 60_000, 250, "longest time an order waits for others to share its transaction, in milliseconds"),
  }).prefault({}),
  lane: section({
    count: whole(1, 256, 1, "lanes: accounts that send side by side, from the third of the network's accounts on"),
    window: z
      .int()
      .min(1)
      .max(1_024)
      .optional()
      .meta({
        description: "transactions of one lane that may be in flight at the same time; by default 16, locally 512",
        examples: [16],
      }),
  }).prefault({}),
  nonce: section({
    shards: z
      .int()
      .min(1)
      .max(1_024)
      .refine((shards) => (shards & (shards - 1)) === 0, "must be a power of two")
      .default(32)
      .meta({
        description:
          "shards of the voucher numbers, a power of two; lanes and issuers are spread over them, each shard has words of its own",
        examples: [32],
      }),
  }).prefault({}),
  orders: section({
    maxOpen: whole(
      1,
      10_000_000,
      200_000,
      "orders that the service mints and that may be open at the same time; more wait until some are final",
    ),
    maxIssued: whole(
      1,
      10_000_000,
      200_000,
      "vouchers that may be with their holders at the same time; more are refused until some are redeemed for good or cancelled",
    ),
    maxQuantity: whole(1, 4_294_967_295, 5_000, "most tokens of one order"),
    maxCastQuantity: whole(1, 4_294_967_295, 100_000_000, "most hundredths of a cast token of one order: 10000 are 100.00 cast"),
  }).prefault({}),
  confirmations: section({
    finality: z
      .enum(["depth", "finalized"])
      .default("depth")
      .meta({
        description: "when a mint is final: at 32 canonical blocks (`depth`), or besides only when the node calls its block `finalized`",
        examples: ["depth"],
      }),
  }).prefault({}),
  rpc: section({
    timeoutMs: whole(100, 300_000, 10_000, "time after which an RPC request counts as unanswered, in milliseconds"),
    pollMs: z
      .int()
      .min(10)
      .max(60_000)
      .optional()
      .meta({
        description: "time between two looks for a new block, in milliseconds; by default it follows the network",
        examples: [1_000],
      }),
    maxConcurrent: whole(1, 1_024, 32, "RPC requests to one endpoint at the same time; further ones wait"),
    lagBlocks: whole(0, 1_000, 2, "blocks that one of several endpoints may be behind the others and still be read"),
  }).prefault({}),
  fees: section({
    maxFeePerGasGwei: gwei(0.000000001, 1_000_000, 200, "cap of maxFeePerGas, in gwei; above it transactions wait"),
    priorityFeeGwei: gwei(0, 1_000_000, 1, "maxPriorityFeePerGas of the first attempt, in gwei; at most fees.maxFeePerGasGwei"),
  })
    .refine((fees) => fees.priorityFeeGwei <= fees.maxFeePerGasGwei, {
      path: ["priorityFeeGwei"],
      message: "must be at most fees.maxFeePerGasGwei",
    })
    .prefault({}),
  clock: section({
    sources: z
      .string()
      .refine(areHttps, { message: "must be https URLs, separated by commas" })
      .optional()
      .meta({
        description:
          "https servers whose `Date` narrows and checks the block clock's time, as URLs separated by commas; two or more, so that they can outvote one that is wrong; by default none",
        examples: ["https://one.example,https://two.example"],
      }),
  }).prefault({}),
  prices: section({
    timeoutMs: whole(100, 60_000, 5_000, "time that each price source has to answer, in milliseconds; all are asked at once"),
    sources: priceSources.optional().meta({
      description: "one's own price sources, each a feed and the name of the key that signs it, see docs/prices.md; by default none",
      examples: [
        [{ name: "desk", asset: "ETH", key: "PRICE_KEY_DESK", kind: "ticker", url: "https://one.example/eth", pricePath: "last" }],
      ],
    }),
  }).prefault({}),
  telemetry: section({
    port: z
      .int()
      .min(1_024)
      .max(65_535)
      .optional()
      .meta({
        description: "port on 127.0.0.1 that serves metrics at /metrics and liveness at /healthz while mintd runs; by default none",
        examples: [9_464],
      }),
  }).prefault({}),
  log: section({
    level: z
      .enum(["trace", "debug", "info", "warn", "error", "fatal", "silent"])
      .optional()
      .meta({ description: "least level of the log's lines; by default info where log.file is set, else silent", examples: ["info"] }),
    file: z
      .string()
      .min(1)
      .max(4096)
      .optional()
      .meta({
        description: "file of the log, JSON lines, relative to the network's folder in dataDir; by default stderr",
        examples: ["mintd.log"],
      }),
  }).prefault({}),
});

/** Settings as the program gets them: complete and in range. */
export type MintdConfig = z.output<typeof configSchema>;
