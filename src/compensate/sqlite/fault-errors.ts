import type { MintdError } from "../../error.ts";
import type { Fault } from "../../sqlite/index.ts";
import { StoreCorrupt, StoreForeign, StoreNotFound, StoreTooNew, StoreTooOld, StoreUnavailable } from "../../store/errors.ts";
import { TaskQueueInUse, TaskWriteFailed } from "../errors.ts";

/** The public error for a fault that the thread reported. What can be wrong with a file is the same as with the event store's. */
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
      return new TaskQueueInUse(path);
    case "not-found":
      return new StoreNotFound(path);
    case "unavailable":
      return new StoreUnavailable(path, fault.problem);
    case "write-later":
      return new TaskWriteFailed(path, fault.problem, { permanent: false });
    case "write":
      return new TaskWriteFailed(path, fault.problem, { permanent: true });
  }
}
