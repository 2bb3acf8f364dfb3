import { type Clock, systemClock } from "../../clock.ts";
import { NotAsked } from "./endpoint.ts";
import { isRpcError, type Rpc, RpcRefused, toQuantity } from "./rpc.ts";

/** What logs are wanted. */
export interface LogFilter {
  readonly address: string | readonly string[];
  readonly topics: readonly unknown[];
}

/** The logs of the blocks from the end of the piece before up to `to`, included: all blocks up to there were read. */
export interface LogPiece<T> {
  readonly logs: T[];
  readonly to: number;
}

/** How a reader of logs waits where there is no answer. */
export interface LogPatience {
  readonly clock?: Clock;
  /** Ends the reading before the next piece, with the signal's reason as the error. */
  readonly signal?: AbortSignal | undefined;
}

/** Blocks that one eth_getLogs asks for at most. */
const mostBlocks = 2_000;
/** After so many answers in a row twice as many blocks are asked for, up to the most. */
const growAfter = 8;
/** Between the tries of one piece; in all longer than a pool leaves an endpoint alone. */
const pausesMs = [100, 200, 400, 800, 1_600, 3_200];
/** From the fourth try in vain on a piece is halved too: some nodes let a question that is too big time out. */
const slowAfter = 4;

/**
 * The logs of blocks `from` to `to`, both included, in pieces that a node answers. A refusal may mean that too many blocks were
 * asked for: half of them are asked for at once. No answer says nothing of the question, and a refusal of a single block may be
 * of a node that does not have it yet: both are asked again after a while.
 *
 * All patience for a reading of logs is here, a piece's own, and a reading goes on where it was. Whoever repeats one as a whole
 * reads all again that was read, and waits so many times as long.
 * @throws RpcRefused where not even one block is answered, RpcUnanswered, both after some seconds of tries, and the signal's reason
 */
export async function* logPieces<T>(
  rpc: Rpc,
  filter: LogFilter,
  from: number,
  to: number,
  { clock = systemClock, signal }: LogPatience = {},
): AsyncGenerator<LogPiece<T>> {
  let blocks = mostBlocks;
  let answered = 0;
  let inVain = 0;
  for (let start = from; start <= to;) {
    signal?.throwIfAborted();
    const end = Math.min(to, start + blocks - 1);
    const half = Math.max(1, Math.floor((end - start + 1) / 2));
    let logs: T[];
    try {
      logs = await rpc.request<T[]>("eth_getLogs", [{ ...filter, fromBlock: toQuantity(start), toBlock: toQuantity(end) }]);
    } catch (error) {
      if (!isRpcError(error)) throw error;
      answered = 0;
      if (error instanceof RpcRefused && end > start) {
        blocks = half;
        continue;
      }
      const pauseMs = pausesMs[inVain++];
      if (pauseMs === undefined) throw error;
      if (inVain >= slowAfter && !(error instanceof NotAsked)) blocks = half;
      await clock.pause(pauseMs, signal);
      continue;
    }
    yield { logs, to: end };
    start = end + 1;
    inVain = 0;
    if (++answered % growAfter === 0) blocks = Math.min(mostBlocks, blocks * 2);
  }
}
