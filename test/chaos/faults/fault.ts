import type { Chain } from "../chain/index.ts";
import type { Control } from "../disk/index.ts";
import type { FaultProxy, Faults } from "../proxy/index.ts";
import type { Random } from "../random.ts";
import type { Supervisor } from "../service/index.ts";

/** Everything that a fault may lay its hands on. */
export interface Stage {
  readonly chain: Chain;
  /** The service's endpoints. */
  readonly endpoints: readonly FaultProxy[];
  readonly service: Supervisor;
  /** Disk and clock of the service. */
  readonly control: Control;
  /** Accounts that pay for gas. */
  readonly lanes: readonly string[];
  /** Whether the service told of a mint in the block of this hash. */
  readonly hasTold: (blockHash: string) => boolean;
  /** Called ahead of each block. */
  readonly beforeBlock: Set<() => Promise<void>>;
}

/** Makes good what a fault did. */
export type End = () => Promise<void> | void;

/** A fault as the seed made it. */
export interface Drawn {
  /** Blocks for which it lasts; 0 where it is over at once. */
  readonly blocks: number;
  /** What it does, for a reader. */
  readonly words: string;
  begin(stage: Stage): Promise<End> | End;
  /** Where it says false, the fault goes on beyond its time. */
  isOver?(stage: Stage): boolean;
}

/** A kind of fault. */
export interface FaultKind {
  readonly name: string;
  /** Most times that it happens where all kinds happen together. */
  readonly most: number;
  /** Times that it happens where it happens alone. */
  readonly alone: number;
  /** What it takes for itself: kinds of one resource never happen at the same time. Without it the kind is its own. */
  readonly resource?: string;
  /** One of it. @param index how many of this kind came before; undefined where all kinds happen together */
  draw(random: Random, index: number | undefined): Drawn;
}

/** Nothing is left to be made good. */
export const nothing: End = () => undefined;

/** Numbers of endpoints, from which the schedule draws. */
export const endpointCount = 3;

/** The endpoint of that number. */
export function endpointOf(stage: Stage, number: number): FaultProxy {
  const endpoint = stage.endpoints[number % stage.endpoints.length];
  if (!endpoint) throw new TypeError("a stage has endpoints");
  return endpoint;
}

/** Changes some of what an endpoint does wrong and leaves the rest as it is. */
export function misbehave(endpoint: FaultProxy, change: Partial<Faults>): void {
  endpoint.faults = { ...endpoint.faults, ...change };
}

export const percent = (share: number): string => `${Math.round(share * 100)} %`;
