import { HardhatError } from "@nomicfoundation/hardhat-errors";
import type { HardhatRuntimeEnvironment } from "hardhat/types/hre";
import { MintdError } from "../src/error.ts";
import { Secret } from "../src/secret.ts";

const keyNotFound = HardhatError.ERRORS.HARDHAT_KEYSTORE.GENERAL.KEY_NOT_FOUND_DURING_TESTS_WITH_DEV_KEYSTORE;

/** A setting names a variable that nothing holds. */
export class SecretMissing extends MintdError {
  readonly code = "SECRET_MISSING";
  constructor(name: string) {
    super(`there is no variable ${name}`, { hint: `npx hardhat keystore set ${name}, or set it in the environment` });
  }
}

/**
 * The value of a variable as Hardhat's own configuration variables have it: of the environment, else of the keystore, which
 * asks for its password. One at a time.
 * @throws SecretMissing
 */
export async function secretNamed(hre: HardhatRuntimeEnvironment, name: string): Promise<Secret> {
  const given = process.env[name];
  if (given !== undefined) return new Secret(given);
  const variable = { _type: "ConfigurationVariable", name } as const;
  const missing = () => Promise.reject(new SecretMissing(name));
  try {
    return new Secret(await hre.hooks.runHandlerChain("configurationVariables", "fetchValue", [variable], missing));
  } catch (error) {
    if (HardhatError.isHardhatError(error, keyNotFound)) throw new SecretMissing(name); // the development keystore asks nobody else
    throw error;
  }
}
