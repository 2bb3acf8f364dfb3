/**
 * Writes docs/order.md from the transition table in src/order. `node scripts/order-docs.ts`.
 */
import { writeFileSync } from "node:fs";
import { format } from "prettier";
import { diagram, levelDepth } from "../src/order/index.ts";

const levels = Object.entries(levelDepth).map(([level, depth]) => `\`${level}\` at depth ${depth}`);

const page = `# The life of an order

An order is one request to mint. Its state is what its events made of it, and an event is only recorded where this table
lets it follow; anything else is refused with \`ILLEGAL_TRANSITION\` and nothing is written.

\`\`\`mermaid
${diagram()}
\`\`\`

Depth counts canonical blocks at or above the including one: ${levels.join(", ")}.

A mint that the chain shows outranks what mintd believes, so \`tentative\` may follow every state of an order that is not minted yet. A reorg leads to \`unconfirmed\`,
from where the same bytes are sent again. An order keeps its voucher number for life, so a repeat can never mint twice.

An \`authorised\` order's voucher may be with its holder, who redeems it when he likes. It is \`rejected\` only with the code
\`VOUCHER_CANCELLED\`, when a final block shows that its number was cancelled and not redeemed.

An order that was tried has its voucher in public calldata, and anybody may redeem that until its window has passed. One whose
receiver refused it is therefore \`failed\` first, and not tried again. It is \`rejected\` when a final block is more than
300 seconds past the second of every voucher it had and its number is unused; where somebody redeemed it in time, it is minted.

An order for cast tokens is judged by a simulation before each try. A cause of the moment (a price that is too old, a paused collateral,
a ceiling that is full) records nothing: the order waits in its place and is tried with every block. A cause that lies in it or in its
account's position rejects it, alone and with a code of its own ([errors.md](errors.md)), also where the owner may mend it later: he gives
the order again under a new id, and no list waits for ever for one account. What the contract skipped on chain although it had passed the
simulation is \`failed\` for now and driven again: the chain names no cause, so that skip is doubt, and only the next simulation may refuse it.

This page is generated: change \`src/order/transitions.ts\` and run \`node scripts/order-docs.ts\`.
`;

/** The whole page, formatted as the repository's other files. */
export const orderDocs = (): Promise<string> => format(page, { parser: "markdown", printWidth: 140 });

if (import.meta.main) writeFileSync(new URL("../docs/order.md", import.meta.url), await orderDocs());
