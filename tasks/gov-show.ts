import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { isOpen, spokenWords } from "../src/cast/index.ts";
import { castContext } from "./cast-context.ts";
import { foreignText } from "../src/foreign-text.ts";
import { proposalId, proposalWords, voteOf, withWords } from "./gov-context.ts";
import { misfitsIn, warningLines, warningsOf } from "./gov-warnings.ts";
import { contractsOf } from "./governed-calls.ts";
import { print, reporting, rowTable } from "./print.ts";

interface Args {
  readonly proposal: string;
  readonly json: boolean;
}

/** Characters of a proposal's words in a list. */
const mostListed = 120;

const action: NewTaskActionFunction<Args> = ({ proposal: text, json }, hre) =>
  reporting(json, async () => {
    const id = text === "" ? undefined : proposalId(text);
    const cast = await castContext(hre);
    const vote = voteOf(cast);
    const contracts = await contractsOf(hre, cast.deployment);
    if (id !== undefined) {
      const proposal = await vote.proposal(id);
      const warnings = isOpen(proposal) ? await warningsOf(() => misfitsIn(hre, cast, contracts, proposal.calls)) : [];
      print(json, { proposal: withWords(contracts, proposal), warnings }, () =>
        [proposalWords(contracts, proposal), ...warningLines(warnings)].join("\n"),
      );
      return;
    }
    const proposals = await vote.proposals();
    print(json, { proposals: proposals.map((each) => withWords(contracts, each)) }, () =>
      rowTable(
        ["proposal", "state", "what"],
        proposals.map((each) => [each.id, each.state, foreignText(spokenWords(each), mostListed)]),
      ),
    );
  });

export default action;
