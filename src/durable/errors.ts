import { MintdError } from "../error.ts";

/** The key stands for another transaction already. The recorded one stands; nothing was signed. */
export class KeyReused extends MintdError {
  readonly code = "KEY_REUSED";
  constructor(key: string, hash: string) {
    super(`the key ${JSON.stringify(key)} stands for ${hash}, which has another receiver, data or value`, {
      hint: "use a new key for a new transaction; the same key only for the same content",
    });
  }
}

/** A no-op is to take the place of the key's transaction; until one of the two is final nobody knows which. */
export class KeyBeingCancelled extends MintdError {
  readonly code = "KEY_BEING_CANCELLED";
  constructor(key: string, nonce: number) {
    super(`the transaction of the key ${JSON.stringify(key)} (nonce ${nonce}) is being cancelled`, {
      hint: "wait until its nonce is final, then send again: if the no-op was mined the key is free, else the recorded transaction is returned",
    });
  }
}

/** A key that cannot name anything in the store. */
export class InvalidKey extends MintdError {
  readonly code = "INVALID_KEY";
  constructor(why: string) {
    super(`an idempotency key ${why}`, { hint: "use 1 to 256 characters of well-formed text" });
  }
}

/** The caller chose a nonce. Nonces come from the ledger alone. */
export class NonceGiven extends MintdError {
  readonly code = "NONCE_GIVEN";
  constructor(nonce: unknown) {
    super(`the request has the nonce ${String(nonce)}, but nonces come from the ledger`, {
      hint: "leave the nonce out; to act on a recorded nonce use replace or cancel",
    });
  }
}

/** A kind of transaction whose bytes cannot be kept and sent again as they are. Nothing was recorded. */
export class UnsupportedTransaction extends MintdError {
  readonly code = "UNSUPPORTED_TRANSACTION";
  constructor(what: string) {
    super(`${what} cannot be sent durably`, { hint: "send legacy, EIP-2930 or EIP-1559 transactions; send others from another account" });
  }
}

/** What the signer returned is not what it was asked to sign. Nothing was recorded. */
export class SignedOtherwise extends MintdError {
  readonly code = "SIGNED_OTHERWISE";
  constructor(what: string, asked: string | number, signed: string | number) {
    super(`the signer was asked for ${what} ${asked} and signed ${signed}`, {
      hint: "give it a signer that signs what it is given, such as a Wallet or a privateKeyToAccount; no NonceManager in between",
    });
  }
}

/** The signer did not sign in time. Nothing was recorded or sent, and the nonce is free; a signature that comes late is thrown away. */
export class SignatureTimedOut extends MintdError {
  readonly code = "SIGNATURE_TIMED_OUT";
  constructor(address: string, limitMs: number) {
    super(`the signer of ${address} did not sign within ${limitMs} ms; nothing was recorded`, {
      hint: "look at the wallet or the remote signer, then send again; signingTimeoutMs sets how long it may take",
    });
  }
}

/** The library's object cannot do what is needed here. */
export class ProviderUnsuitable extends MintdError {
  readonly code = "PROVIDER_UNSUITABLE";
  constructor(problem: string, hint: string) {
    super(problem, { hint });
  }
}

/**
 * The node said, several times, that it will never take these bytes, and the nonce is final without them: a no-op has it, or
 * a foreign transaction. Before that it is doubt, and nothing is thrown: another node may have had them.
 */
export class TransactionNotTaken extends MintdError {
  readonly code = "TRANSACTION_NOT_TAKEN";
  constructor(hash: string, nonce: number, reason: string) {
    super(`the node refused transaction ${hash}, and its nonce ${nonce} is used up without it: ${reason}`, {
      hint: "mend what the node said and send it again; its key is free",
    });
  }
}

/**
 * The write of a transaction's signed bytes failed, and nobody knows whether they are in the store: doubt. They were not sent.
 * Memory and store may differ, so nothing more is recorded or sent until it is opened again, which reads what is there: a
 * transaction that is recorded is sent then.
 */
export class RecordInDoubt extends MintdError {
  readonly code = "RECORD_IN_DOUBT";
  /** Of the transaction whose write failed. */
  readonly hash: string;
  constructor(hash: string, nonce: number, cause: unknown) {
    super(`nobody knows whether transaction ${hash} (nonce ${nonce}) was recorded: its write failed; nothing was sent since`, {
      cause,
      hint: "mend what the cause says, close it, and make a new one over the store, opened again if the cause is permanent: send with the same key, or look for the hash in pending()",
    });
    this.hash = hash;
  }
}

/** A no-op is final in place of the transaction, or another transaction while it was being cancelled: it is never mined. */
export class TransactionCancelled extends MintdError {
  readonly code = "TRANSACTION_CANCELLED";
  /** @param noOp its hash; undefined where a transaction that is not the ledger's has the nonce */
  constructor(nonce: number, noOp: string | undefined) {
    const by = noOp === undefined ? "another transaction than the ledger's" : `the no-op ${noOp}`;
    super(`nonce ${nonce} was used by ${by}, so the transaction that was cancelled is not mined`, {
      hint: "nothing is left to wait for; its key may be used again",
    });
  }
}

/** Replaced or cancelled can only be what is recorded and not mined, and waited for only what is recorded. */
export class NonceNotOpen extends MintdError {
  readonly code = "NONCE_NOT_OPEN";
  constructor(which: string) {
    super(`${which} has no transaction on its way`, {
      hint: "look at pending(): what is mined cannot be replaced, and what was never recorded cannot be waited for",
    });
  }
}

/** It was closed. What is recorded is sent by the next start. */
export class DurableClosed extends MintdError {
  readonly code = "DURABLE_CLOSED";
  constructor(address: string) {
    super(`the nonces of ${address} were closed`, { hint: "make a new one over the same store; it goes on where this one ended" });
  }
}

/** This account and chain are in use over this store by the other library's form. */
export class LaneTaken extends MintdError {
  readonly code = "LANE_TAKEN";
  constructor(address: string, chainId: number) {
    super(`${address} on chain ${chainId} is in use over this store in another form`, {
      hint: "use one form (ethers, viem account, or viem nonce manager alone) for one account, or close the other first",
    });
  }
}

/** The store's ledger of this account has transactions of a mintd service, which knows what to do with them. Nothing was read or written further. */
export class LaneOfService extends MintdError {
  readonly code = "LANE_OF_SERVICE";
  constructor(address: string, chainId: number, orderId: string) {
    super(`the store's ledger of ${address} on chain ${chainId} is one of a mintd service: it has order ${orderId} on its way`, {
      hint: "take another account and a store of its own for durable nonces; the service goes on with this one",
    });
  }
}
