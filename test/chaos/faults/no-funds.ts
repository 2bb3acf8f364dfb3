import { toQuantity } from "../../../src/chain/rpc/rpc.ts";
import type { FaultKind } from "./fault.ts";

const ether = 10n ** 18n;

/** The lanes cannot pay for gas, until somebody tops them up. */
export const noFunds: FaultKind = {
  name: "no-funds",
  most: 1,
  alone: 2,
  draw: (random) => ({
    blocks: random.int(6, 18),
    words: "the lanes have no ether",
    async begin({ chain, lanes }) {
      let balance = 0n;
      const set = async (): Promise<void> => {
        for (const lane of lanes) await chain.rpc.request("anvil_setBalance", [lane, toQuantity(balance)]);
      };
      chain.onRewind(set); // a balance is state: it goes back with the blocks
      await set();
      return async () => {
        balance = 1_000n * ether;
        await set();
      };
    },
  }),
};
