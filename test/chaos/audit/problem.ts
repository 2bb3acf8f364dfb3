/** A law that was broken, and by what. */
export interface Problem {
  readonly law:
    | "lost"
    | "duplicate"
    | "wrong mint"
    | "false final"
    | "level told twice"
    | "order of a user"
    | "nonce re-bound"
    | "stuck lane"
    | "history"
    | "not healed";
  readonly words: string;
}
