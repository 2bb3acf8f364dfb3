import { MintdError } from "../error.ts";
import type { StreamId, Version } from "../store/event-store.ts";

/** No number is left below 2^64 for this contract. */
export class VoucherNumbersExhausted extends MintdError {
  readonly code = "VOUCHER_NUMBERS_EXHAUSTED";
  constructor(stream: StreamId) {
    super(`${stream}: the next lease would pass 2^64 voucher numbers`, { hint: "deploy a new minter contract; its numbers start at 0" });
  }
}

/** A reservation or lease size outside of its range. */
export class InvalidReservation extends MintdError {
  readonly code = "INVALID_RESERVATION";
  constructor(what: string, value: number, max: number) {
    super(`${what} ${value} is not a whole number in 1..${max}`, { hint: "reserve in several steps" });
  }
}

/** Other processes wrote to the ledger of numbers each time this one tried. Nothing was reserved. */
export class VoucherNumbersContended extends MintdError {
  readonly code = "VOUCHER_NUMBERS_CONTENDED";
  constructor(stream: StreamId, rounds: number, cause: unknown) {
    super(`${stream}: lost ${rounds} appends in a row to other processes`, {
      cause,
      hint: "try again; what holds the store up writes to it all the time",
    });
  }
}

/** An event in the stream of numbers is not one that this version understands. */
export class UnreadableLease extends MintdError {
  readonly code = "UNREADABLE_LEASE";
  constructor(stream: StreamId, version: Version) {
    super(`${stream}: event ${version} is none of voucher numbers that this mintd knows`, {
      hint: "a newer mintd may have written it; run that one",
    });
  }
}

/** The shard is another node's. Nothing was reserved. */
export class ShardElsewhere extends MintdError {
  readonly code = "SHARD_ELSEWHERE";
  readonly shard: number;
  /** Who has it, since which epoch. */
  readonly node: string;
  readonly epoch: number;

  constructor(shard: number, node: string, epoch: number) {
    super(`shard ${shard} is with node ${node} since epoch ${epoch}`, { hint: "route the reservation to that node" });
    this.shard = shard;
    this.node = node;
    this.epoch = epoch;
  }
}

/** A shard that the present map does not have. */
export class ShardUnknown extends MintdError {
  readonly code = "SHARD_UNKNOWN";
  constructor(shard: number, shards: number) {
    super(`there is no shard ${shard}: the map has ${shards}`, { hint: `name one of 0 to ${shards - 1}` });
  }
}

/** A node's name that cannot be recorded. */
export class InvalidNodeName extends MintdError {
  readonly code = "INVALID_NODE_NAME";
  constructor(name: string) {
    super(`'${name.slice(0, 80)}' cannot be a node's name`, { hint: "1 to 64 letters, digits, '.', '_' or '-', for example mint-1" });
  }
}
