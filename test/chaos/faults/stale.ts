import { unreliable } from "./unreliable.ts";

export const stale = unreliable("stale", "stale", [5, 40], "of the reads are answered as some time ago");
