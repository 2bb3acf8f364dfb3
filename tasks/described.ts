import { ArgumentType } from "hardhat/types/arguments";

/** `example` ends the help text of each task. */
export const described = (what: string, example: string): string => `${what}. Example: npx hardhat ${example}`;

export const json = { name: "json", description: "Print one JSON document for machines" } as const;

/** An option that is empty where it is not given. */
export const text = <Name extends string>(name: Name, description: string) =>
  ({ name, description, type: ArgumentType.STRING, defaultValue: "" }) as const;
