import { developmentSecrets } from "../../src/price/prove/development.ts";
import { FIELD } from "../../src/price/widths.ts";
import { BASE_FIELD, BinaryFile, numberBytes, u32 } from "./binary.ts";
import { powersOf } from "./field.ts";
import { Multipliers, type Wanted } from "./multipliers.ts";

/**
 * Writes a powers-of-tau file (iden3's .ptau, not prepared for phase 2) straight from numbers that everybody knows. Development
 * keys are made without it: it lets snarkjs judge them. It has no contribution, by which `snarkjs powersoftau verify` refuses
 * it, and a section that says what it is.
 * @param power of two of the largest circuit
 */
export async function writeDevelopmentPowers(file: string, power: number): Promise<void> {
  const { tau, alpha, beta } = developmentSecrets;
  const size = 2 ** power;
  const powers = powersOf(tau, 2 * size - 1);
  const times = (factor: bigint): bigint[] => powers.slice(0, size).map((each) => (each * factor) % FIELD);
  const sections: readonly (Wanted & { readonly id: number })[] = [
    { id: 2, group: "G1", factors: powers },
    { id: 3, group: "G2", factors: powers.slice(0, size) },
    { id: 4, group: "G1", factors: times(alpha) },
    { id: 5, group: "G1", factors: times(beta) },
    { id: 6, group: "G2", factors: [beta] },
  ];
  const multipliers = new Multipliers(sections);
  const out = await BinaryFile.create(file, "ptau", sections.length + 3);
  try {
    await out.section(1, u32(32), numberBytes(BASE_FIELD), u32(power), u32(power));
    await out.section(7, u32(0)); // no contributions
    await out.section(0x6d74, Buffer.from("mintd: development powers of tau, known to everybody"));
    for (const { id, group, factors } of sections) {
      await out.begin(id, factors.length * (group === "G1" ? 64 : 128));
      for (const chunk of multipliers.multiply({ group, factors })) await out.write((await chunk).points);
    }
  } finally {
    multipliers.close();
    await out.close();
  }
}
