/** Users as the service names them, in an order that no shard knows. */
export const shuffledUsers = (count: number): string[] =>
  Array.from({ length: count }, (_, i) => `default/0x${(Math.imul(i + 1, 0x9e37_79b1) >>> 0).toString(16).padStart(40, "0")}`);
