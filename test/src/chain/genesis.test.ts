import { genesisHash } from "../../../src/chain/genesis.ts";
import type { Rpc } from "../../../src/chain/index.ts";
import { failure } from "../store/expectations.ts";

describe("genesisHash", () => {
  it("takes a node that does not show block 0 for doubt: a store is bound to it for life", async () => {
    const without: Rpc = { request: () => Promise.resolve(null as never), each: () => Promise.resolve([]) };
    await failure("RPC_UNANSWERED", genesisHash(without));
  });
});
