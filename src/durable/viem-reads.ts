import { BaseError } from "viem";
import { MintdError } from "../error.ts";
import type { Clock } from "../clock.ts";

const tries = 8;
const pause = { firstMs: 50, factor: 2, mostMs: 500 };
/** viem's names for what says something of the transaction or the request, and not of the endpoint. */
const ofTheTransaction =
  /^(ExecutionRevertedError|InsufficientFundsError|IntrinsicGas|FeeCap|Tip|NonceMax|TransactionTypeNotSupported|Invalid(Address|Chain|Serial)|AccountNotFound|AccountTypeNotSupported|ChainMismatch|Abi|MethodNot)/;
const ofTheEndpoint = /^(RpcRequestError|HttpRequestError|TimeoutError|WebSocketRequestError|SocketClosedError|.*RpcError)$/;

/**
 * Repeats what only reads while the endpoint fails, for about two seconds in all; viem itself repeats some of the errors that
 * endpoints give.
 * @param isOver whether more than reads was done: then nothing is repeated
 */
export async function readPatiently<T>(clock: Clock, read: () => Promise<T>, isOver: () => boolean): Promise<T> {
  let waitMs = pause.firstMs;
  for (let left = tries - 1; ; left--, waitMs = Math.min(waitMs * pause.factor, pause.mostMs)) {
    try {
      return await read();
    } catch (error) {
      if (left === 0 || isOver() || !isOfTheEndpoint(error)) throw error;
      await clock.pause(waitMs);
    }
  }
}

function isOfTheEndpoint(error: unknown): boolean {
  if (!(error instanceof BaseError)) return false;
  if (error.walk((each) => each instanceof MintdError) instanceof MintdError) return false;
  const named = (pattern: RegExp): boolean => error.walk((each) => each instanceof Error && pattern.test(each.name)) !== null;
  return named(ofTheEndpoint) && !named(ofTheTransaction);
}
