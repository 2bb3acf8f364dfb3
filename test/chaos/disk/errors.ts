import { MintdError } from "../../../src/error.ts";

/** The faulty disk cannot be built. Without it two kinds of faults would silently not happen, so nothing runs. */
export class NoFaultyDisk extends MintdError {
  readonly code = "CHAOS_NO_FAULTY_DISK";
  constructor(why: string) {
    super(`the faulty disk cannot be built: ${why}`, {
      hint: "it needs Linux and a C compiler: apt-get install --no-install-recommends gcc libc6-dev",
    });
  }
}
