import { MintdError } from "../error.ts";
import type { VoucherDomain } from "../voucher/index.ts";

export * from "./identity-errors.ts";

/** Nothing is deployed where the minter should be. */
export class NoCodeAtAddress extends MintdError {
  readonly code = "NO_CODE_AT_ADDRESS";
  constructor(contract: string, address: string, network: string) {
    super(`there is no code at ${address}, where ${contract} should be on ${network}`, {
      hint: `deploy it: npx hardhat deploy --network ${network}`,
    });
  }
}

/** The network has no deployment on record. */
export class NotDeployed extends MintdError {
  readonly code = "NOT_DEPLOYED";
  constructor(network: string, file: string) {
    super(`no deployment of mintd on ${network} is recorded (${file} is missing)`, {
      hint: `deploy first: npx hardhat deploy --network ${network}`,
    });
  }
}

/** The voucher signer may not sign for this minter. */
export class SignerNotAuthorised extends MintdError {
  readonly code = "SIGNER_NOT_AUTHORISED";
  constructor(signer: string, minter: string, network: string) {
    super(`${signer} is not a voucher signer of the minter ${minter} on ${network}`, {
      hint: `let the admin grant it: npx hardhat deploy --network ${network} grants the configured signer, or use the key that has the role`,
    });
  }
}

/** A voucher that another contract or another chain would take. */
export class VoucherForElsewhere extends MintdError {
  readonly code = "VOUCHER_FOR_ELSEWHERE";
  constructor(voucher: VoucherDomain, here: VoucherDomain) {
    super(
      `the voucher is for ${voucher.verifyingContract} on chain ${voucher.chainId}, this is ${here.verifyingContract} on chain ${here.chainId}`,
      { hint: "use --network of its chain, and --minter editions if it is for an edition" },
    );
  }
}

/** The lane cannot pay for gas. */
export class InsufficientFunds extends MintdError {
  readonly code = "INSUFFICIENT_FUNDS";
  constructor(address: string, network: string, balanceWei: bigint | undefined, neededWei: bigint | undefined) {
    const has = balanceWei === undefined ? "too little" : `${formatEther(balanceWei)} ETH`;
    const needs = neededWei === undefined ? "" : `; the next batch may cost up to ${formatEther(neededWei)} ETH`;
    super(`the lane ${address} has ${has} on ${network}${needs}`, {
      hint: `send ETH to ${address}, then run the same command again: it goes on where it stopped`,
    });
  }
}

/** No lane of this run has this address. */
export class LaneUnknown extends MintdError {
  readonly code = "LANE_UNKNOWN";
  constructor(address: string, lanes: readonly string[]) {
    super(`${address} is not one of the lanes ${lanes.join(", ")}`, { hint: "see the lanes: npx hardhat nonce:show" });
  }
}

/** A lane with transactions on their way is not among the lanes of this run. Nothing is sent. */
export class LaneMissing extends MintdError {
  readonly code = "LANE_MISSING";
  constructor(address: string, transactions: number) {
    super(`the lane ${address} has ${transactions} transaction(s) on their way, but its key is not configured`, {
      hint: "bring its key back (setting lane.count, accounts of the network) until all of them are final",
    });
  }
}

/** The node will never take this transaction as it is; nothing of it is on the way. */
export class TransactionRefused extends MintdError {
  readonly code = "TRANSACTION_REFUSED";
  constructor(hash: string, message: string) {
    super(`the node refuses transaction ${hash}: ${message}`, {
      hint: "its orders are kept; fix the cause and run the same command again",
    });
  }
}

/** The lane's nonce was used by a transaction that mintd did not send. */
export class ForeignTransaction extends MintdError {
  readonly code = "FOREIGN_TRANSACTION";
  constructor(lane: string, recorded: number, onChain: number) {
    super(`the lane ${lane} has nonce ${onChain} on chain, but mintd's record ends at ${recorded}: somebody else uses this key`, {
      hint: "give mintd a key of its own; it goes on behind the foreign transactions",
    });
  }
}

function formatEther(wei: bigint): string {
  const milli = wei / 10n ** 12n;
  return (Number(milli) / 1e6).toString();
}
