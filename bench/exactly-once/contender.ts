/** A contender's process: takes one job from its parent, tells what the caller sees, and ends. */
import { once } from "node:events";
import { shortOf } from "./callers.ts";
import type { Job, Word } from "./protocol.ts";

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
await mint(job, tell);
process.send?.({ kind: "done" } satisfies Word, undefined, undefined, () => process.exit(0));
