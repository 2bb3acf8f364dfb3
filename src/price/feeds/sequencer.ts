import type { Clock } from "../../clock.ts";
import { FeedSequencerDown, FeedSequencerJustBack, FeedSequencerUnknown, InvalidFeed } from "./errors.ts";
import { callWords, type EthReads, hexOf, newestBlock, type PinnedBlock, selector, unsigned } from "./eth-call.ts";

/** Who says whether a rollup's sequencer is up: an uptime feed as Chainlink has them, an aggregator of 0 and 1. */
export interface Sequencer {
  /** Of the uptime feed, or of the proxy before it. */
  readonly address: string;
  /** For so long after the sequencer came back no price counts, in seconds. Default 3,600. */
  readonly graceSeconds?: number | undefined;
}

export const LATEST_ROUND_DATA = selector("latestRoundData()");

/** A rollup makes a block every second or two: an older newest block means that it stopped, or that the node did. */
const silentSeconds = 60;

export interface SequencerWatch {
  /** The feed's, for errors. */
  readonly name: string;
  readonly rpc: EthReads;
  readonly sequencer: Sequencer;
  readonly clock: Clock;
}

/**
 * Gives the newest block, once the uptime feed says after that very block that the sequencer is up, and was for longer than
 * the grace period by the block's time, as a contract would see it.
 *
 * While the sequencer is down, the word that it is down waits on L1 with everything else, and the feed still says up. That
 * shows by the newest block, which gets old; the feed shows it afterwards, for the grace period.
 * @returns what asks; it throws FeedSequencerDown, FeedSequencerJustBack, FeedSequencerUnknown, and what `callWords` throws
 * @throws InvalidFeed
 */
export function sequencerWatch({ name, rpc, sequencer, clock }: SequencerWatch): () => Promise<PinnedBlock> {
  const { address, graceSeconds = 3_600 } = sequencer;
  const to = hexOf(name, address, 20, "sequencer's address");
  if (!Number.isSafeInteger(graceSeconds) || graceSeconds < 1)
    throw new InvalidFeed(name, "its sequencer's graceSeconds is not 1 or more whole seconds");
  return async () => {
    const block = await newestBlock(name, rpc);
    const ageSeconds = Math.floor(clock.now() / 1_000) - block.timestamp;
    if (ageSeconds > silentSeconds) throw new FeedSequencerDown(name, `the newest block is ${ageSeconds} s old`);
    const [, answer = 0n, startedAtWord] = await callWords(name, rpc, { to, data: LATEST_ROUND_DATA }, 5, block);
    const startedAt = Number(unsigned(name, startedAtWord, 40));
    if (startedAt === 0) throw new FeedSequencerUnknown(name, "has no valid round");
    if (answer === 1n) throw new FeedSequencerDown(name, "its uptime feed says so");
    if (answer !== 0n) throw new FeedSequencerUnknown(name, "answers neither 0, which is up, nor 1, which is down");
    const upSeconds = block.timestamp - startedAt;
    if (upSeconds <= graceSeconds) throw new FeedSequencerJustBack(name, upSeconds, graceSeconds);
    return block;
  };
}
