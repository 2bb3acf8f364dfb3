import { unreliable } from "./unreliable.ts";

export const loseResponse = unreliable("lose-response", "loseResponse", [5, 30], "of the answers are lost");
