import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { castContext } from "./cast-context.ts";
import { proposalId, proposalTable, voteOf } from "./gov-context.ts";
import { print, reporting, rowTable } from "./print.ts";

interface Args {
  readonly proposal: string;
  readonly json: boolean;
}

const action: NewTaskActionFunction<Args> = ({ proposal: text, json }, hre) =>
  reporting(json, async () => {
    const id = text === "" ? undefined : proposalId(text);
    const vote = voteOf(await castContext(hre));
    if (id !== undefined) {
      const proposal = await vote.proposal(id);
      print(json, { proposal }, () => proposalTable(proposal));
      return;
    }
    const proposals = await vote.proposals();
    print(json, { proposals }, () =>
      rowTable(
        ["proposal", "state", "what"],
        proposals.map((each) => [each.id, each.state, each.description]),
      ),
    );
  });

export default action;
