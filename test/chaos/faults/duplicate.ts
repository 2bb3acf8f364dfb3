import { unreliable } from "./unreliable.ts";

export const duplicate = unreliable("duplicate", "duplicate", [10, 50], "of the calls reach the node twice");
