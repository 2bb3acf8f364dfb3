import { ArgumentType } from "hardhat/types/arguments";

/** `example` ends the help text of each task. */
export const described = (what: string, example: string): string => `${what}. Example: npx hardhat ${example}`;

export const json = { name: "json", description: "Print one JSON document for machines" } as const;

/** An option that is empty where it is not given. */
export const text = <Name extends string>(name: Name, description: string) =>
  ({ name, description, type: ArgumentType.STRING, defaultValue: "" }) as const;

/** The option of tasks that keep running. */
export const metricsPort = {
  name: "metricsPort",
  description: "Port of 127.0.0.1, 1024 to 65535, that serves metrics at /metrics and liveness at /healthz while it runs; 0: none",
  type: ArgumentType.INT,
  defaultValue: 0,
} as const;
