/** A contender's process: takes one job from its parent, warms up, waits for the word to go, tells what the caller sees, and ends. */
import { once } from "node:events";
import { shortOf } from "./callers.ts";
import { go, type Job, type Word } from "./protocol.ts";

const tell = (word: Word): void => void process.send?.(word);
// ethers polls in the background, and what an endpoint says there nobody can catch. It would end an ordinary process; here it is counted.
process.on("unhandledRejection", (error) => {
  tell({ kind: "unhandled", error: shortOf(error) });
});
process.once("disconnect", () => process.exit(1));
// Only its own library: a process that is started again half way should not be kept waiting by the others'.
const ways = {
  ethers: async () => (await import("./with-ethers.ts")).mintWithEthers,
  viem: async () => (await import("./with-viem.ts")).mintWithViem,
  mintd: async () => (await import("./with-mintd.ts")).mintWithMintd,
};
const [job] = (await once(process, "message")) as [Job];
const mint = await ways[job.contender.library]();
await mint(job, {
  tell,
  async warm() {
    tell({ kind: "warm" });
    const [word] = (await once(process, "message")) as [unknown];
    if (word !== go) throw new Error("the parent says something else than to go");
  },
});
process.send?.({ kind: "done" } satisfies Word, undefined, undefined, () => process.exit(0));
