import { AbiCoder, getBytes, keccak256 } from "ethers";
import type { Call } from "./account.ts";
import type { RawLog } from "./reads.ts";

/** What a proposal's log says of it. */
export interface Creation {
  /** In decimals. */
  readonly id: string;
  readonly proposer: string;
  readonly calls: readonly Call[];
  /** As text; bytes that are none are shown as U+FFFD. */
  readonly description: string;
  /** Of the bytes themselves, as the governor has it. */
  readonly descriptionHash: string;
}

/**
 * The data of `ProposalCreated`, with bytes wherever it has strings: the chain takes whatever a proposer sends as text, and a
 * decoder that insists on UTF-8 would let one proposal hinder the reading of all.
 */
const fields = ["uint256", "address", "address[]", "uint256[]", "bytes[]", "bytes[]", "uint256", "uint256", "bytes"];

/** Exact for whatever is UTF-8. */
const utf8 = new TextDecoder("utf-8", { ignoreBOM: true });

/** What a log of `ProposalCreated` says. Pure. */
export function creationOf({ data }: Pick<RawLog, "data">): Creation {
  // By place: a result's `values` is an array's own method, not the field of that name.
  const [id, proposer, targets, values, , calldatas, , , description] = AbiCoder.defaultAbiCoder().decode(fields, data) as unknown as [
    ...[id: bigint, proposer: string, targets: string[], values: bigint[], signatures: string[], calldatas: string[]],
    ...[voteStart: bigint, voteEnd: bigint, description: string],
  ];
  return {
    ...{ id: String(id), proposer, description: utf8.decode(getBytes(description)) },
    descriptionHash: keccak256(description),
    calls: targets.map((to, i) => ({ to, data: calldatas[i] ?? "0x", value: values[i] ?? 0n })),
  };
}
