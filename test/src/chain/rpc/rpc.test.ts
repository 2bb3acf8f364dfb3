import { expect } from "chai";
import { once } from "node:events";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import { inspect } from "node:util";
import { HttpRpc, RpcRefused, RpcUnanswered } from "../../../../src/chain/index.ts";
import { batch } from "../../../../src/chain/rpc/rpc.ts";
import { freePort } from "../../../anvil.ts";
import { failure } from "../../store/expectations.ts";

interface Call {
  readonly id: number;
  readonly method: string;
}
type Behaviour = (body: Call | Call[], response: ServerResponse, request: IncomingMessage) => void;

const json = (value: unknown, status = 200): Behaviour => {
  return (_, response) => response.writeHead(status, { "content-type": "application/json" }).end(JSON.stringify(value));
};
const secret = "sk-0123456789abcdef";

describe("HttpRpc", () => {
  let server: Server;
  let port: number;
  let behave: Behaviour;
  let rpc: HttpRpc;

  before(async () => {
    server = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on("data", (chunk: Buffer) => chunks.push(chunk));
      request.on("end", () => {
        behave(JSON.parse(Buffer.concat(chunks).toString()) as Call, response, request);
      });
    });
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    const address = server.address();
    port = typeof address === "object" && address !== null ? address.port : 0;
    rpc = new HttpRpc({ url: `http://127.0.0.1:${port}/v3/${secret}?key=${secret}`, timeoutMs: 200 });
  });

  after(() => {
    server.closeAllConnections();
    server.close();
  });

  it("gives the result, also where it is null", async () => {
    behave = (body, response) => response.end(JSON.stringify({ jsonrpc: "2.0", id: (body as Call).id, result: null }));
    expect(await rpc.request("eth_getTransactionReceipt", ["0x00"])).to.equal(null);
  });

  it("throws what the node says as RpcRefused, with code and data, whatever the HTTP status", async () => {
    for (const status of [200, 400, 500]) {
      behave = json({ jsonrpc: "2.0", id: 1, error: { code: 3, message: "execution reverted", data: "0x1234" } }, status);
      const error = await rpc.request("eth_call", []).catch((thrown: unknown) => thrown);
      expect(error).to.be.instanceOf(RpcRefused);
      expect(error).to.include({ code: "RPC_REFUSED", rpcCode: 3, data: "0x1234", method: "eth_call" });
    }
  });

  const doubts: Record<string, [Behaviour, string]> = {
    "HTTP 500": [(_, response) => response.writeHead(500).end("oops"), "HTTP 500"],
    "HTTP 429 with a page": [(_, response) => response.writeHead(429).end("<html>slow down</html>"), "HTTP 429"],
    "a reset connection": [(_, __, request) => request.socket.resetAndDestroy(), "ECONNRESET|UND_ERR_SOCKET|connection failed"],
    silence: [() => undefined, "nothing within 200 ms"],
    "an answer that never ends": [(_, response) => response.write('{"jsonrpc"'), "nothing within 200 ms"],
    "no JSON": [(_, response) => response.end("<html>"), "the answer is not JSON"],
    "JSON null": [json(null), "neither result nor error"],
    "neither result nor error": [json({ jsonrpc: "2.0", id: 1 }), "neither result nor error"],
  };
  for (const [what, [behaviour, words]] of Object.entries(doubts)) {
    it(`takes ${what} for no answer, and says so without the URL's secrets`, async () => {
      behave = behaviour;
      for (const work of [
        () => rpc.request("eth_sendRawTransaction", ["0x00"]),
        () => batch(rpc, [{ method: "eth_chainId", params: [] }]),
      ]) {
        const error = await failure("RPC_UNANSWERED", work());
        expect(error.message).to.match(new RegExp(words)).and.to.contain(`127.0.0.1:${port}`);
        expect(inspect(error, { depth: 10 })).to.not.contain(secret);
      }
    });
  }

  it("takes a port where nobody listens, a host that is none and a URL that is none for no answer, without their secrets", async () => {
    const urls = [`http://127.0.0.1:${await freePort()}/${secret}`, `http://nowhere.invalid/${secret}`, `no url ${secret}`];
    for (const url of urls) {
      const error = await failure("RPC_UNANSWERED", new HttpRpc({ url, timeoutMs: 2_000 }).request("eth_chainId", []));
      expect(inspect(error, { depth: 10 })).to.not.contain(secret);
    }
  });

  it("sends a user and password in the URL as basic authorisation, and never says them", async () => {
    let seen: string | undefined;
    const named = new HttpRpc({ url: `http://user:${secret}%40@127.0.0.1:${port}/`, timeoutMs: 200 });
    behave = (_, response, request) => {
      seen = request.headers.authorization;
      response.end(JSON.stringify({ jsonrpc: "2.0", id: 1, result: "0x1" }));
    };
    expect(await named.request("eth_chainId", [])).to.equal("0x1");
    expect(seen).to.equal(`Basic ${Buffer.from(`user:${secret}@`).toString("base64")}`);
    behave = (_, response) => response.writeHead(500).end();
    const error = await failure("RPC_UNANSWERED", named.request("eth_chainId", []));
    expect(inspect([error, named], { depth: 10 })).to.not.contain(secret);
  });

  it("puts the answers of a batch into the order of the calls, in one HTTP request", async () => {
    let requests = 0;
    behave = (body, response) => {
      requests++;
      const answers = (body as Call[]).map(({ id, method }) => ({ id, result: method })).reverse();
      response.end(JSON.stringify(answers));
    };
    const calls = ["a", "b", "c", "d"].map((method) => ({ method, params: [] }));
    expect(await batch(rpc, calls)).to.deep.equal(["a", "b", "c", "d"]);
    expect(requests).to.equal(1);
    expect(await batch(rpc, [])).to.deep.equal([]);
    expect(requests).to.equal(1);
  });

  it("throws the first error in a batch, and doubts a batch with a missing answer or one answer for all", async () => {
    const calls = ["a", "b"].map((method) => ({ method, params: [] }));
    behave = (body, response) => {
      const [first, second] = body as Call[];
      response.end(
        JSON.stringify([
          { id: second?.id, error: { code: 1, message: "no b" } },
          { id: first?.id, result: 1 },
        ]),
      );
    };
    expect(await batch(rpc, calls).catch((error: unknown) => error)).to.be.instanceOf(RpcRefused);
    behave = (body, response) => response.end(JSON.stringify([{ id: (body as Call[])[0]?.id, result: 1 }]));
    expect(await batch(rpc, calls).catch((error: unknown) => error)).to.be.instanceOf(RpcUnanswered);
    behave = json({ id: null, error: { code: -32_600, message: "batches are not allowed" } });
    expect(await batch(rpc, calls).catch((error: unknown) => error)).to.be.instanceOf(RpcRefused);
    for (const nonsense of [{ id: 1, result: "0x1" }, [null], "hello", 7]) {
      behave = json(nonsense);
      expect(await batch(rpc, calls).catch((error: unknown) => error), JSON.stringify(nonsense)).to.be.instanceOf(RpcUnanswered);
    }
  });
});
