import { parentPort } from "node:worker_threads";

/** A signing thread that dies over whatever it is given. */
parentPort?.on("message", () => {
  throw new Error("no memory for this");
});
