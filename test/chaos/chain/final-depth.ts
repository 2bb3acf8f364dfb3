/** Blocks at or above the including one from which a mint is final. Written down here once more: a service that changed it would be found out. */
export const finalDepth = 32;
