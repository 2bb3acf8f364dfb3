import { z } from "zod";
import { assetSymbol, assetSymbolForm } from "../price/asset.ts";

/** YAML reads 0x1f without quotes as a number. */
const text = () => z.string({ error: "must be a text; in YAML, put it in quotes" });
const hex = (bytes: number) => text().regex(new RegExp(`^0x[0-9a-fA-F]{${2 * bytes}}$`), `must be 0x and ${bytes} bytes`);
const url = () => text().min(1).max(2_048);
const path = () => text().min(1).max(1_024);
const maxBytes = z.int().min(1_024).max(16_777_216).optional();
const price = z.number().positive().max(184_467_440_737).optional();

/** A rollup's sequencer uptime feed; `none` says that it has none. */
const sequencer = z
  .union([z.literal("none"), z.strictObject({ address: hex(20), graceSeconds: z.int().min(1).max(604_800).optional() })], {
    error: 'must be none, or { address: "0x<20 bytes>", graceSeconds: 1 to 604800 }',
  })
  .optional();

/** What every source has. */
const common = {
  name: text().regex(/^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/, "must be 1 to 64 letters, digits, dots, dashes and underscores"),
  asset: text().regex(assetSymbol, `must be ${assetSymbolForm}`),
  key: text().regex(/^[A-Z][A-Z0-9_]{0,63}$/, "must be the name of a variable that holds the key, never the key"),
  timeoutMs: z.int().min(100).max(60_000).optional(),
  maxAgeSeconds: z.int().min(1).max(65_535).optional(),
  lowest: price,
  highest: price,
};

const source = z.discriminatedUnion(
  "kind",
  [
    z.strictObject({ ...common, kind: z.literal("chainlink"), address: hex(20), sequencer }),
    z.strictObject({
      ...common,
      kind: z.literal("pyth"),
      address: hex(20),
      feedId: hex(32),
      maxConfidenceBps: z.int().min(1).max(10_000).optional(),
    }),
    z.strictObject({
      ...common,
      kind: z.literal("redstone"),
      url: url(),
      feedId: path(),
      packageId: path().optional(),
      signers: z.array(hex(20)).min(1).max(64),
      threshold: z.int().min(1).max(64),
      maxBytes,
    }),
    z.strictObject({ ...common, kind: z.literal("ticker"), url: url(), pricePath: path(), timePath: path().optional(), maxBytes }),
  ],
  { error: "must have a kind: chainlink, pyth, redstone or ticker" },
);

/** One's own sources of prices: each a feed and the name of the key that signs what it says. */
export const priceSources = z
  .array(source)
  .max(64)
  .refine((all) => new Set(all.map(({ name, asset }) => `${asset} ${name}`)).size === all.length, "must have no name twice for one asset")
  .refine((all) => new Set(all.map(({ key, asset }) => `${asset} ${key}`)).size === all.length, "must have no key twice for one asset");

export type PriceSourceSettings = z.output<typeof source>;
