import { MintdError } from "../error.ts";

/** A contract refuses the call; nothing was sent, or what was sent changed nothing. */
export class ContractRefused extends MintdError {
  readonly code = "CONTRACT_REFUSED";
  /** The contract's own error, e.g. InsufficientlyCovered; empty where it gave none. */
  readonly reason: string;
  /** The transaction that reverted, where one was sent. */
  readonly txHash: string | undefined;
  constructor(reason: string, words: string, hint: string | undefined, txHash?: string) {
    super(`${reason === "" ? "" : `${reason}: `}${words}${txHash === undefined ? "" : ` (transaction ${txHash})`}`, {
      ...(hint !== undefined && { hint }),
    });
    this.reason = reason;
    this.txHash = txHash;
  }
}

/** Another transaction has the account's nonce, and is final: this one is never mined, and is not sent anew. */
export class TransactionReplaced extends MintdError {
  readonly code = "TRANSACTION_REPLACED";
  constructor(txHash: string, account: string, nonce: number) {
    super(`transaction ${txHash} is gone: nonce ${nonce} of ${account} has another one, which is final`, {
      hint: "look at what else uses this account, then run the command again",
    });
  }
}

/** The account cannot pay for value and gas. Nothing was sent. */
export class AccountUnfunded extends MintdError {
  readonly code = "ACCOUNT_UNFUNDED";
  constructor(account: string, words: string) {
    super(`${account} cannot pay for this: ${words}`, { hint: `send ETH to ${account}, or take another account with --as` });
  }
}

/** The vault has no such collateral. */
export class CollateralUnknown extends MintdError {
  readonly code = "COLLATERAL_UNKNOWN";
  constructor(name: string, known: readonly string[]) {
    super(`'${name}' is no collateral of the vault, which takes ${known.length === 0 ? "none yet" : known.join(", ")}`, {
      hint: "name it by 'eth', its symbol or its address, as npx hardhat pool:show lists them",
    });
  }
}

/** There is nothing that the command could do. Nothing was sent. */
export class NothingToDo extends MintdError {
  readonly code = "NOTHING_TO_DO";
  constructor(what: string, hint: string) {
    super(what, { hint });
  }
}

/** No proposal of this id is on the chain. */
export class ProposalUnknown extends MintdError {
  readonly code = "PROPOSAL_UNKNOWN";
  constructor(id: string) {
    super(`there is no proposal ${id}`, { hint: "give the id as npx hardhat gov:propose printed it, and the --network of its chain" });
  }
}

/** The proposal is in a state in which this step is not possible. Nothing was sent. */
export class ProposalNotReady extends MintdError {
  readonly code = "PROPOSAL_NOT_READY";
  constructor(step: string, state: string, hint: string) {
    super(`the proposal cannot be ${step}: it is ${state}`, { hint });
  }
}

/** Time passes by itself on a chain that others use. */
export class NotALocalChain extends MintdError {
  readonly code = "NOT_A_LOCAL_CHAIN";
  constructor(network: string) {
    super(`--warp moves a chain's time, which only a local one lets; this is ${network}`, {
      hint: "leave --warp out and run the command again when the time has come",
    });
  }
}
