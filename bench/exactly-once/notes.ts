import { median } from "../statistics.ts";
import type { Figures } from "./audit.ts";
import type { Contender } from "./contenders.ts";

/** All rounds of one contender in one scenario. */
export interface Result {
  readonly scenario: string;
  readonly contender: Contender;
  readonly rounds: readonly Figures[];
}

/** What the tables do not say by themselves. @param redeemGas of one voucher, to an owner who has none yet */
export function notesOf(results: readonly Result[], redeemGas: number): string[] {
  return [...ratios(results), ...retained(results), ...unhandled(results), ...redeem(results, redeemGas)];
}

const speedOf = ({ rounds }: Result): number => median(rounds.map(({ mintsPerSecond }) => mintsPerSecond ?? 0));
const isOurs = ({ contender }: Result): boolean => contender.library === "mintd";

function ratios(results: readonly Result[]): string[] {
  const clean = results.filter(({ scenario }) => scenario === "clean");
  const best = clean.filter((result) => !isOurs(result)).toSorted((a, b) => speedOf(b) - speedOf(a))[0];
  if (!best) return [];
  return clean
    .filter(isOurs)
    .map(
      (ours) =>
        `clean: ${ours.contender.title}: ${(speedOf(ours) / speedOf(best)).toFixed(1)} times the mints/s of ${best.contender.title}`,
    );
}

function retained(results: readonly Result[]): string[] {
  return results.filter(isOurs).flatMap((faulty) => {
    const clean = results.find(({ scenario, contender }) => scenario === "clean" && contender === faulty.contender);
    if (faulty.scenario !== "faults" || !clean) return [];
    return `faults: ${faulty.contender.title} keeps ${((speedOf(faulty) / speedOf(clean)) * 100).toFixed(0)} % of its mints/s`;
  });
}

function unhandled(results: readonly Result[]): string[] {
  return results.flatMap(({ scenario, contender, rounds }) => {
    const count = rounds.reduce((sum, figures) => sum + figures.unhandled, 0);
    return count === 0
      ? []
      : `${scenario}: ${contender.title} threw ${count} errors that no caller can catch; the first ends an ordinary process`;
  });
}

function redeem(results: readonly Result[], redeemGas: number): string[] {
  const theirs = results.filter((result) => !isOurs(result)).flatMap(({ rounds }) => rounds.flatMap(({ gasPerMint }) => gasPerMint ?? []));
  if (theirs.length === 0) return [];
  const spent = Math.min(...theirs); // where nothing was minted twice
  return [
    `gas: with vouchers, which cannot be minted twice, ethers and viem would pay ${redeemGas.toLocaleString("en-US")} a mint (redeem, bench/gas.json) instead of some ${Math.round(spent).toLocaleString("en-US")}`,
  ];
}
