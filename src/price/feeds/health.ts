/** How a source has done, for reports. */
export interface SourceState {
  readonly source: string;
  /** Milliseconds since 1970; undefined: never. */
  readonly lastSuccessAtMs: number | undefined;
  /** 0 after a success. */
  readonly failuresInARow: number;
  /** Code of the newest failure, kept after a success. */
  readonly lastFailure: { readonly code: string; readonly atMs: number } | undefined;
}

/** Most sources that are remembered; a circuit has 21. */
const mostSources = 256;

/** One record for each source. Of too many, the one that was heard of longest ago is forgotten. Decides nothing. */
export class SourceHealth {
  readonly #states = new Map<string, SourceState>();

  succeeded(source: string, atMs: number): void {
    this.#put({ source, lastSuccessAtMs: atMs, failuresInARow: 0, lastFailure: this.#states.get(source)?.lastFailure });
  }

  failed(source: string, code: string, atMs: number): void {
    const { lastSuccessAtMs, failuresInARow = 0 } = this.#states.get(source) ?? {};
    this.#put({ source, lastSuccessAtMs, failuresInARow: failuresInARow + 1, lastFailure: { code, atMs } });
  }

  /** By name. */
  report(): SourceState[] {
    return [...this.#states.values()].sort((a, b) => (a.source < b.source ? -1 : 1));
  }

  #put(state: SourceState): void {
    this.#states.delete(state.source); // so that the map stays in the order of hearing
    this.#states.set(state.source, state);
    const [oldest] = this.#states.keys();
    if (this.#states.size > mostSources && oldest !== undefined) this.#states.delete(oldest);
  }
}
