import {
  type FeeLimits,
  FeeOracle,
  type Funds,
  Lane,
  type LaneParts,
  Lanes,
  type Network,
  type Pricing,
  replacementFees,
  type Rpc,
} from "../chain/index.ts";
import type { Clock } from "../clock.ts";
import type { MintdConfig } from "../config/index.ts";
import type { Secret } from "../secret.ts";
import type { LaneView } from "../telemetry/index.ts";
import { nativeSigner } from "../voucher/index.ts";

/** What all lanes of a service have in common. */
export type SharedByLanes = Omit<LaneParts, "signer" | "network" | "mostInFlight" | "firstInFlight">;

/** A lane for each key, with as much in flight as the network's nodes take. @throws InvalidPrivateKey */
export async function openLanes(keys: readonly Secret[], network: Network, shared: SharedByLanes): Promise<Lanes> {
  const opened = keys.map((key) =>
    Lane.open({
      ...shared,
      signer: nativeSigner(key),
      network: network.name,
      mostInFlight: network.laneWindow,
      firstInFlight: network.isPublic ? 16 : network.laneWindow,
    }),
  );
  return new Lanes(await Promise.all(opened));
}

/** What lanes need to know of fees, within the limits of the settings. */
export function openPricing(rpc: Rpc, clock: Clock, network: Network, { fees }: MintdConfig): Pricing {
  const limits = { maxFeePerGas: gwei(fees.maxFeePerGasGwei), priorityFee: gwei(fees.priorityFeeGwei) };
  return pricingOf(new FeeOracle({ rpc, clock, network, limits }), limits);
}

/** A lane as a scrape shows it. */
export const viewOf = (lane: Lane, funds: Funds): LaneView => {
  const { nextNonce, duty } = lane.state;
  const balanceWei = funds.balance(lane);
  return {
    ...{ lane: lane.address, inFlight: lane.inFlight, window: lane.window.limit, paused: duty !== "open", low: funds.isLow(lane) },
    ...(nextNonce !== undefined && { nextNonce }),
    ...(balanceWei !== undefined && { balanceWei }),
  };
};

/** Gwei to wei; a gwei may have decimals. */
const gwei = (value: number): bigint => BigInt(Math.round(value * 1e9));

function pricingOf(oracle: FeeOracle, limits: FeeLimits): Pricing {
  return {
    feesAt: (head) => oracle.feesAt(head),
    replacement: (previous, wanted) => replacementFees(previous, wanted, limits),
    costOf: ({ gasLimit, fees, bytes }) => oracle.estimateCost({ gasLimit, fees, rawBytes: bytes }),
  };
}
