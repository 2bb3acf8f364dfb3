/** A contract or its wiring, broken at one place. */
export interface Mutant {
  readonly name: string;
  /** From the project's root. */
  readonly file: string;
  readonly from: string;
  readonly to: string;
}
