import { toQuantity } from "../../../src/chain/rpc/rpc.ts";
import { laneAddresses } from "../accounts.ts";
import type { FaultKind } from "./fault.ts";

const ether = 10n ** 18n;

/** A lane, or all of them, cannot pay for gas, until somebody tops them up. */
export const noFunds: FaultKind = {
  name: "no-funds",
  most: 1,
  alone: 3,
  draw(random) {
    const only = random.chance(0.5) ? random.int(0, laneAddresses.length - 1) : undefined;
    return {
      blocks: random.int(6, 18),
      words: only === undefined ? "no lane has any ether" : `lane ${only + 1} has no ether`,
      async begin({ chain, lanes }) {
        const poor = lanes.filter((_, i) => only === undefined || i === only);
        let balance = 0n;
        const set = async (): Promise<void> => {
          for (const lane of poor) await chain.rpc.request("anvil_setBalance", [lane, toQuantity(balance)]);
        };
        chain.onRewind(set); // a balance is state: it goes back with the blocks
        await set();
        return async () => {
          balance = 1_000n * ether;
          await set();
        };
      },
    };
  },
};
