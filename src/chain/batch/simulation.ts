import { Interface, type Result } from "ethers";
import { MintdError } from "../../error.ts";
import { foreignText } from "../../foreign-text.ts";
import { minterErrors, positionErrors } from "../../voucher/index.ts";
import { revertData } from "../rpc/revert-data.ts";
import { type Rpc, toQuantity } from "../rpc/rpc.ts";

/** A batch reverts for a reason that lies in none of its items. Its orders are kept. */
export class BatchReverts extends MintdError {
  readonly code = "BATCH_REVERTS";
  constructor(reason: string) {
    super(`the minter refuses the batch: ${reason}`, {
      hint: "nothing was sent and the orders are kept; mend the cause and run the same command again",
    });
  }
}

/** What a simulated batch says: it would mint, or which of its items (perhaps) and why. */
export type Simulation =
  | { readonly kind: "mints" }
  /** Some item can never be minted; only a smaller batch shows which. */
  | { readonly kind: "item refused"; readonly code: string; readonly reason: string };

const errors = new Interface([...minterErrors, ...positionErrors]);

/** Errors that are about one item and will be the same whenever it is tried. All others are about the batch or the moment. */
const ofItem: Readonly<Record<string, string>> = {
  QuantityOutOfRange: "QUANTITY_OUT_OF_RANGE",
  MintToZeroAddress: "RECIPIENT_IS_ZERO",
  ERC1155InvalidReceiver: "RECIPIENT_REFUSES",
};

/** What a call reverted with. */
export interface Revert {
  /** Name of the contract's error; empty where it is none that is known here. */
  readonly name: string;
  readonly args: Result | readonly never[];
  /** Name and arguments, in words; a receiver's own may be among them. */
  readonly reason: string;
}

/** Reads the revert out of a call's error. @throws the error itself where it is no revert: the node gave no verdict */
export function revertOf(error: unknown): Revert {
  const data = revertData(error);
  if (data === undefined) throw error;
  const parsed = errors.parseError(data);
  if (parsed) return { name: parsed.name, args: parsed.args, reason: `${parsed.name}(${foreignText(parsed.args.map(String).join(", "))})` };
  return { name: "", args: [], reason: data === "0x" ? "reverted without a reason" : `unknown error ${data.slice(0, 10)}` };
}

/**
 * Runs the batch on the node without sending it.
 * @param block `pending` for what may count only from the next block on: a voucher of this very second, long after the last one
 * @throws BatchReverts where the fault is not an item's; RpcUnanswered, RpcRefused where the node gave no verdict
 */
export async function simulate(
  rpc: Rpc,
  from: string,
  to: string,
  batch: { readonly data: string; readonly gasLimit: number },
  block: "latest" | "pending" = "latest",
): Promise<Simulation> {
  try {
    await rpc.request("eth_call", [{ from, to, data: batch.data, gas: toQuantity(batch.gasLimit) }, block]);
    return { kind: "mints" };
  } catch (error) {
    const { name, reason } = revertOf(error);
    const code = ofItem[name];
    if (code === undefined) throw new BatchReverts(reason);
    return { kind: "item refused", code, reason };
  }
}
