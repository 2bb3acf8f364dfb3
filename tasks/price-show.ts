import { formatUnits } from "ethers";
import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { isoOf } from "../src/cast/index.ts";
import { assetNamed, priceContext } from "./price-context.ts";
import { PRICE_DECIMALS } from "../src/price/feeds/index.ts";
import { factTable, print, reporting } from "./print.ts";

const action: NewTaskActionFunction<{ readonly asset: string; readonly json: boolean }> = ({ asset, json }, hre) =>
  reporting(json, async () => {
    const assetId = assetNamed(asset);
    const { context, deployment, prices } = await priceContext(hre);
    const newest = await context.rpc.request<{ timestamp: string }>("eth_getBlockByNumber", ["latest", false]);
    const stored = await prices.latestPrice(assetId);
    const set = await prices.termsOf(assetId);
    const circuits = await Promise.all(
      Object.entries(deployment.circuits ?? {}).map(async ([name, { id }]) => ({ name, id, root: await prices.sourcesRoot(assetId, id) })),
    );
    const price = stored.price === 0n ? null : formatUnits(stored.price, PRICE_DECIMALS);
    const ageSeconds = price === null ? null : Number(newest.timestamp) - Number(stored.timestamp);
    const terms =
      set.quorum === 0n
        ? null
        : {
            quorum: Number(set.quorum),
            maxDeviationBps: Number(set.maxDeviationBps),
            maxAgeSeconds: Number(set.maxAgeSeconds),
            maxDelaySeconds: Number(set.maxDelaySeconds),
          };
    const { timestamp, blockNumber } = stored;
    print(json, { assetId, price, timestamp, blockNumber, ageSeconds, terms, circuits }, () =>
      factTable([
        ["asset", assetId.toString()],
        ["price", price ?? (timestamp === 0n ? "none was proven yet" : "none: it was dropped")],
        ["its oldest quote", timestamp === 0n ? "-" : isoOf(timestamp)],
        ["age of that by the chain's time", ageSeconds === null ? "-" : `${ageSeconds} s`],
        ["proven at block", price === null ? "-" : blockNumber.toString()],
        ["quorum", terms?.quorum ?? "no terms are set"],
        ["bound on deviation", terms ? `${(terms.maxDeviationBps / 100).toFixed(2)} %` : "-"],
        ["quotes not older than", terms ? `${terms.maxAgeSeconds} s` : "-"],
        ["reports not older than", terms ? `${terms.maxDelaySeconds} s` : "-"],
        ...circuits.map(({ name, root }) => [`sources' root, ${name}`, root === 0n ? "none" : root.toString()] as const),
      ]),
    );
  });

export default action;
