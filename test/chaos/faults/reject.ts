import { unreliable } from "./unreliable.ts";

export const reject = unreliable("reject", "reject", [5, 40], "of the calls are refused");
