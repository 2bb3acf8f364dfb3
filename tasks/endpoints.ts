import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { HttpRpc, MORE_URLS, moreUrls, networkOf, OnDemandRpc, RpcPool } from "../src/chain/index.ts";
import { systemClock } from "../src/clock.ts";
import type { MintdConfig } from "../src/config/index.ts";
import type { Mintd } from "../src/mintd.ts";
import { describeError } from "./print.ts";

type HttpNetwork = Extract<HardhatRuntimeEnvironment["config"]["networks"][string], { type: "http" }>;

/** The network's endpoints: the one of Hardhat's configuration first, then those of MINTD_RPC_MORE_URLS. Opened by the first call. */
export async function endpointsOf({ url, chainId }: HttpNetwork, { rpc }: MintdConfig): Promise<OnDemandRpc> {
  const urls = [await url.getUrl(), ...moreUrls(process.env[MORE_URLS])];
  const endpoints = urls.map((each) => {
    const http = new HttpRpc({ url: each, timeoutMs: rpc.timeoutMs });
    return { name: http.name, rpc: http };
  });
  return new OnDemandRpc(() =>
    RpcPool.open({
      endpoints,
      ...(chainId === undefined ? {} : { chainId, surveyMs: networkOf(chainId).blockTimeMs }),
      clock: systemClock,
      maxConcurrent: rpc.maxConcurrent,
      lagBlocks: rpc.lagBlocks,
      onTrouble(error) {
        console.error(describeError(error));
      },
    }),
  );
}

/** The service with its endpoints under survey for as long as it runs. */
export async function withEndpoints(mintd: Mintd, endpoints: OnDemandRpc | undefined): Promise<Mintd> {
  if (!endpoints) return mintd;
  (await endpoints.pool()).start();
  const stop = async (): Promise<void> => {
    try {
      await mintd.stop();
    } finally {
      await endpoints.close();
    }
  };
  return { ...mintd, stop, [Symbol.asyncDispose]: stop };
}
