import { parentPort } from "node:worker_threads";
import { readFault, Refusal } from "../../sqlite/index.ts";
import { Pages } from "./pages.ts";
import type { FromReader, ReadRequest, ToReader } from "./protocol.ts";

/** The reading thread: its own connection, so that a long catch-up never holds up a commit. */

if (parentPort === null) throw new Error("reader.ts runs in a worker thread");
const port = parentPort;
let pages: Pages | undefined;

function answer(request: ReadRequest): unknown {
  if (request.kind === "open") {
    pages = new Pages(request.request, request.besideOwnWriter);
    return pages.head();
  }
  if (pages === undefined) throw new Refusal({ kind: "unavailable", problem: "not open" });
  switch (request.kind) {
    case "all":
      return pages.all(request.after, request.about);
    case "stream":
      return pages.stream(request.stream, request.from);
    case "versions":
      return pages.versions(request.streams);
    case "head":
      return pages.head();
    case "snapshot":
      return pages.snapshot(request.name);
  }
}

port.on("message", (message: ToReader) => {
  if ("kind" in message) {
    pages?.close();
    port.close();
    return;
  }
  let reply: FromReader;
  try {
    reply = { id: message.id, answer: answer(message.request) };
  } catch (error) {
    reply = { id: message.id, fault: readFault(error) };
  }
  port.postMessage(reply);
});
