/** A contender's process: takes one job from its parent, tells what the caller sees, and ends. */
import { once } from "node:events";
import { shortOf } from "./callers.ts";
import type { Job, Word } from "./protocol.ts";
import { mintWithEthers } from "./with-ethers.ts";
import { mintWithMintd } from "./with-mintd.ts";
import { mintWithViem } from "./with-viem.ts";

const tell = (word: Word): void => void process.send?.(word);
// ethers polls in the background, and what an endpoint says there nobody can catch. It would end an ordinary process; here it is counted.
process.on("unhandledRejection", (error) => {
  tell({ kind: "unhandled", error: shortOf(error) });
});
process.once("disconnect", () => process.exit(1));
const ways = { ethers: mintWithEthers, viem: mintWithViem, mintd: mintWithMintd };
const [job] = (await once(process, "message")) as [Job];
await ways[job.contender.library](job, tell);
process.send?.({ kind: "done" } satisfies Word, undefined, undefined, () => process.exit(0));
