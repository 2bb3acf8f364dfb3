import type { MintdError } from "../../error.ts";
import type { Fault } from "../../sqlite/index.ts";
import {
  StoreCorrupt,
  StoreForeign,
  StoreInUse,
  StoreNotFound,
  StoreTooNew,
  StoreTooOld,
  StoreUnavailable,
  StoreWriteFailed,
} from "../errors.ts";

/** The public error for a fault that a thread reported. */
export function toError(path: string, fault: Fault): MintdError {
  switch (fault.kind) {
    case "corrupt":
      return new StoreCorrupt(path, fault.problem);
    case "foreign":
      return new StoreForeign(path, fault.problem);
    case "too-new":
      return new StoreTooNew(path, fault.found ?? 0, fault.known ?? 0);
    case "too-old":
      return new StoreTooOld(path, fault.found ?? 0, fault.known ?? 0);
    case "in-use":
      return new StoreInUse(path);
    case "not-found":
      return new StoreNotFound(path);
    case "unavailable":
      return new StoreUnavailable(path, fault.problem);
    case "write-later":
      return new StoreWriteFailed(path, fault.problem, { permanent: false });
    case "write":
      return new StoreWriteFailed(path, fault.problem, { permanent: true });
  }
}
