import type { FinalityRule } from "../chain/confirm/finality.ts";
import type { Clock } from "../clock.ts";
import type { EventStore } from "../store/event-store.ts";
import { quietClock } from "./awake.ts";
import type { DurableNotice } from "./notices.ts";
import { usualSigningTimeoutMs } from "./signing.ts";

/** What may be set. */
export interface DurableOptions {
  /** Milliseconds between two looks at the chain while something is not final. Default 1,000. */
  readonly pollMs?: number;
  /** `depth`: final is what has 32 blocks. `finalized`: what the node says is final, besides. Default depth. */
  readonly finality?: FinalityRule;
  /** Milliseconds after which a node that does not answer is in doubt. Default 10,000. */
  readonly timeoutMs?: number;
  /**
   * Milliseconds that a signature may take, e.g. of a hardware wallet or a remote signer. One is made at a time for each
   * account, so others wait for it. Default 120,000.
   */
  readonly signingTimeoutMs?: number;
  /** Gas of a no-op. Default: what the node estimates and a quarter, at least 21,000 and at most 5,000,000. */
  readonly noOpGas?: number;
  /** Replacements and no-ops never offer more per gas, wei. Default: no limit. */
  readonly maxFeePerGas?: bigint;
  /** Hears what happens besides what was asked for. */
  readonly notify?: (notice: DurableNotice) => void;
}

export interface Settings {
  readonly store: EventStore;
  readonly clock: Clock;
  readonly pollMs: number;
  readonly finality: FinalityRule;
  readonly timeoutMs: number;
  readonly signingTimeoutMs: number;
  readonly noOpGas: number | undefined;
  readonly maxFeePerGas: bigint | undefined;
  readonly notify: ((notice: DurableNotice) => void) | undefined;
}

export function settingsOf(options: DurableOptions & { readonly store: EventStore }): Settings {
  const { store, pollMs = 1_000, finality = "depth", timeoutMs = 10_000, maxFeePerGas, notify } = options;
  const { signingTimeoutMs = usualSigningTimeoutMs, noOpGas } = options;
  return { store, clock: quietClock, pollMs, finality, timeoutMs, signingTimeoutMs, noOpGas, maxFeePerGas, notify };
}
