import { unreliable } from "./unreliable.ts";

export const drop = unreliable("drop", "drop", [10, 50], "of the transactions fall out of the pool");
