/** The tasks of circuits and proven prices. */
export const priceTasks = [] as const;
