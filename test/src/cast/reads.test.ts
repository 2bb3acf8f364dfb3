import { expect } from "chai";
import { AbiCoder, zeroPadValue, toBeHex } from "ethers";
import { vaultAbi } from "../../../src/cast/abi.ts";
import { readAll } from "../../../src/cast/reads.ts";
import type { Rpc } from "../../../src/chain/index.ts";
import type { RpcOutcome } from "../../../src/chain/rpc/rpc.ts";

const at = { number: 1, hash: `0x${"1".repeat(64)}`, timestamp: 0n };
const token = `0x${"2".repeat(40)}`;

describe("Many reads under one block", () => {
  it("go side by side, a hundred a request and eight requests at most, and come back in their order", async () => {
    let inFlight = 0;
    let most = 0;
    const sizes: number[] = [];
    // Answers with the account that was asked for, the later requests first.
    const rpc: Rpc = {
      request: () => Promise.reject(new Error("one by one")),
      async each<T>(calls: readonly { readonly params: readonly unknown[] }[]): Promise<RpcOutcome<T>[]> {
        sizes.push(calls.length);
        most = Math.max(most, ++inFlight);
        for (let turns = 100 - sizes.length; turns > 0; turns--) await Promise.resolve();
        inFlight--;
        return calls.map(({ params: [call] }) => {
          const [, account] = vaultAbi.decodeFunctionData("positionOf", (call as { readonly data: string }).data);
          return { ok: true, value: AbiCoder.defaultAbiCoder().encode(["uint256", "uint256"], [BigInt(account as string), 0n]) as T };
        });
      },
    };
    const views = Array.from({ length: 1_050 }, (_, i) => ({
      ...{ to: token, abi: vaultAbi, name: "positionOf", args: [token, zeroPadValue(toBeHex(i + 1), 20)] },
    }));
    const answers = await readAll(rpc, at, views);
    expect(answers.map(([amount]) => Number(amount))).to.deep.equal(Array.from({ length: 1_050 }, (_, i) => i + 1));
    expect(sizes).to.deep.equal([...Array<number>(10).fill(100), 50]);
    expect(most).to.equal(8);
  });
});
