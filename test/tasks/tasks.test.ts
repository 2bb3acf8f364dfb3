import { expect } from "chai";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Anvil, freePort } from "../anvil.ts";
import { eventually } from "../eventually.ts";
import { listOf, type Row } from "../src/mintd/world.ts";
import { Hardhat, type Run } from "./hardhat.ts";

const csv = (rows: readonly Row[]): string =>
  ["id,to,quantity", ...rows.map(({ id, to, quantity }) => `${id},${to},${quantity}`), ""].join("\n");

/** Exit code 1, the code and the words on stderr, and no stack trace. */
function expectRefusal(run: Run, code: string, ...words: readonly string[]): void {
  expect(run.stderr).to.contain(`${code}: `);
  for (const each of words) expect(run.stderr).to.contain(each);
  expect(run.stderr + run.stdout).to.not.contain("\n    at ");
  expect(run.code).to.equal(1);
}

describe("The tasks", function () {
  this.timeout(180_000);
  let anvil: Anvil;
  let home: string;
  let hardhat: Hardhat;
  const rows = listOf(30);
  const local = (...args: readonly string[]) => hardhat.run(...args, "--network", "local");
  const file = async (name: string, content: string): Promise<string> => {
    await writeFile(join(home, name), content);
    return join(home, name);
  };

  before(async () => {
    anvil = await Anvil.start({ blockTime: 0.1 });
    home = await mkdtemp(join(tmpdir(), "mintd-tasks-"));
    hardhat = new Hardhat({ MINTD_HOME: home, MINTD_LOCAL_PORT: String(anvil.port) });
  });

  after(async () => {
    hardhat.end();
    await anvil.kill();
    await rm(home, { recursive: true, force: true });
  });

  it("before anything is deployed say so: NOT_DEPLOYED", async () => {
    const list = await file("early.csv", csv(rows));
    const [mint, verify, unknown] = await Promise.all([
      local("mint:list", list),
      local("mint:verify", list),
      hardhat.run("mint:list", list, "--network", "nowhere"),
    ]);
    expectRefusal(mint, "NOT_DEPLOYED", "npx hardhat deploy --network local");
    expectRefusal(verify, "NOT_DEPLOYED");
    expect(unknown.code).to.equal(1);
    expect(unknown.stderr + unknown.stdout).to.contain("nowhere");
  });

  it("deploy once, however often they are told", async () => {
    const first = await local("deploy", "--json");
    expect(first.stderr.replace(/^mintd: another process builds here.*\n/, "")).to.equal(""); // tests of other tasks, at the same time
    expect(first.json).to.include({ deployed: true, signerGranted: true, network: "local", chainId: 31_337 });
    const record = await readFile(join(home, "deployments", "local", "mintd.json"), "utf8");
    const second = await local("deploy");
    expect(second.stdout).to.contain("everything was deployed before; nothing was changed");
    expect(second.code).to.equal(0);
    expect(await readFile(join(home, "deployments", "local", "mintd.json"), "utf8")).to.equal(record);
  });

  it("refuse a bad list with line and column and mint none of it; with --skip-invalid they mint the rest and say which not", async () => {
    const good = rows.slice(0, 2);
    const bad = await file("bad.csv", `${csv(good)}row-x,0x1234,1\n${rows[2]?.id ?? ""},${rows[2]?.to ?? ""},0\n`);
    const refused = await local("mint:list", bad);
    expectRefusal(refused, "INVALID_MINT_LIST");
    expect(refused.stderr).to.contain("line 4, column to: ").and.to.contain("line 5, column quantity: ");
    const skipped = await local("mint:list", bad, "--skip-invalid", "--json");
    expect(skipped.json).to.include({ rows: 2, final: 2 });
    expect(skipped.json["skipped"]).to.include({ skipped: 2 });
    expect(skipped.code).to.equal(0);
  });

  it("mint a list, prove it, and see when it is not as it should be", async () => {
    const list = await file("list.csv", csv(rows));
    const minted = await local("mint:list", list, "--json");
    expect(minted.json).to.include({ rows: 30, accepted: 28, finalBefore: 2, minted: 30, final: 30, rejected: 0, conflictCount: 0 });
    expect(minted.code).to.equal(0);
    const more = await file("more.csv", csv(listOf(1, 999).concat(rows)));
    const [verified, failed] = await Promise.all([local("mint:verify", list, "--json"), local("mint:verify", more)]);
    expect(verified.json).to.include({ ok: true, rows: 30, minted: 30, duplicates: 0, final: 30, others: 0 });
    expect(verified.code).to.equal(0);
    expect(failed.stdout).to.contain("line 2, row-999: missing").and.to.contain("the chain does not show what the list says");
    expect(failed.code).to.equal(1);
  });

  it("show an order and the lane's nonces", async () => {
    const [byId, nobody, nonces] = await Promise.all([
      local("order:show", "row-3", "--json"),
      local("order:show", "row-12345"),
      local("nonce:show", "--json"),
    ]);
    expect(byId.json).to.include({ kind: "final" });
    const kinds = (byId.json["events"] as { kind: string }[]).map(({ kind }) => kind);
    expect(kinds[0]).to.equal("requested");
    expect(kinds.slice(-3)).to.deep.equal(["tentative", "auditable", "final"]);
    expectRefusal(nobody, "ORDER_NOT_FOUND");
    const [lane] = nonces.json["lanes"] as { open: unknown[]; next: number; latest: number; duty: string }[];
    expect(lane).to.deep.include({ open: [], duty: "open" });
    expect(lane?.next).to.equal(lane?.latest);
    expect(lane?.next).to.be.at.least(2);
  });

  it("lease voucher numbers that nothing else uses, and show all leases", async () => {
    const [leased, refused] = [
      await local("nonce:lease", "--words", "3", "--node", "partner-1", "--json"),
      await local("nonce:lease", "--words", "0"),
    ];
    const { firstNumber, lastNumber, epoch } = leased.json as { firstNumber: string; lastNumber: string; epoch: number };
    expect(BigInt(lastNumber) - BigInt(firstNumber)).to.equal(767n);
    expectRefusal(refused, "INVALID_RESERVATION");
    const nonces = await local("nonce:show", "--json");
    const [tokens] = nonces.json["vouchers"] as {
      below: string;
      shards: number;
      leases: number;
      held: { words: number; node: string }[];
    }[];
    expect(tokens).to.include({ shards: 32, below: String(BigInt(lastNumber) + 1n) });
    expect(tokens?.held.every(({ node }) => node === "local")).to.equal(true);
    expect(epoch).to.be.above(tokens?.leases ?? 0);
  });

  it("issue a voucher that is redeemed once, and refuse what is none", async () => {
    const out = join(home, "voucher.json");
    const to = rows[0]?.to ?? "";
    const issued = await local("voucher:issue", "--id", "gift-1", "--to", to, "--out", out);
    expect(issued.stdout).to.contain(out);
    expect(issued.code).to.equal(0);
    const redeemed = await local("voucher:redeem", out, "--json");
    expect(redeemed.json).to.include({ outcome: "sent" });
    expect(redeemed.json["order"]).to.include({ kind: "final" });
    const again = await local("voucher:redeem", out, "--json");
    expect(again.json).to.include({ outcome: "minted before" });
    expect(again.code).to.equal(0);
    const changed = JSON.parse(await readFile(out, "utf8")) as { redemption: { quantity: number }; signature?: string };
    const [none, noJson, other, forged, noId] = await Promise.all([
      local("voucher:redeem", join(home, "none.json")),
      file("no.json", "{").then((path) => local("voucher:redeem", path)),
      file("other.json", "{}").then((path) => local("voucher:redeem", path)),
      file("forged.json", JSON.stringify({ ...changed, signature: "0x1234" })).then((path) => local("voucher:redeem", path)),
      local("voucher:issue", "--to", to),
    ]);
    expectRefusal(none, "INVALID_ARGUMENT", "none.json cannot be read");
    expectRefusal(noJson, "INVALID_ARGUMENT", "is not JSON");
    expect(other.code).to.equal(1);
    expect(other.stderr)
      .to.match(/^[A-Z_]+: /)
      .and.to.not.contain("\n    at ");
    expect(forged.code).to.equal(1);
    expect(forged.stderr)
      .to.match(/^[A-Z_]+: /)
      .and.to.not.contain("\n    at ");
    expectRefusal(noId, "INVALID_ARGUMENT", "--id");
  });

  it("show the metrics of the mintd that runs, and say how to turn them on where none does", async () => {
    const off = await local("metrics:show");
    expectRefusal(off, "TELEMETRY_NOT_RUNNING", "MINTD_TELEMETRY_PORT=9464");
    const port = String(await freePort());
    const serving = new Hardhat({ MINTD_HOME: home, MINTD_LOCAL_PORT: String(anvil.port), MINTD_TELEMETRY_PORT: port });
    const list = await file("metrics.csv", csv(listOf(5, 2_000)));
    await anvil.rpc.request("evm_setIntervalMining", [0]);
    try {
      const work = serving.run("mint:list", list, "--network", "local");
      await anvilHasPending(anvil);
      const [shown, json, elsewhere] = await Promise.all([
        serving.run("metrics:show"),
        hardhat.run("metrics:show", "--port", port, "--json"),
        hardhat.run("metrics:show", "--port", String(anvil.port)),
      ]);
      expect(shown.stdout)
        .to.match(/^Orders$/m)
        .and.to.match(/^Lanes$/m);
      expect(shown.stdout).to.match(/state_transition_latency_ms .*level none, from requested, to authorised .* 5 /);
      expect(shown.stdout).to.match(/mintd_lane_in_flight_attempts .*lane 0x[0-9a-f]{40} .* [1-9]/);
      const { metrics } = json.json as { metrics: { name: string; series: Record<string, unknown>[] }[] };
      const latency = metrics.find(({ name }) => name === "state_transition_latency_ms");
      for (const each of latency?.series ?? [])
        expect(each).to.include({ count: 5 }).and.to.have.keys("labels", "count", "sum", "p50", "p90", "p99");
      expect(latency?.series).to.have.length.above(1);
      expectRefusal(elsewhere, "TELEMETRY_UNREADABLE");
      await anvil.rpc.request("evm_setIntervalMining", [1]);
      expect((await anvil.mineWhile(work, 1)).code).to.equal(0);
    } finally {
      serving.end();
    }
  });

  it("watch confirmations until nothing is on its way, and say every level", async () => {
    // A redemption that is cut off: its order is sent and not final.
    const out = join(home, "voucher-2.json");
    await local("voucher:issue", "--id", "gift-2", "--to", rows[1]?.to ?? "", "--out", out);
    await anvil.rpc.request("evm_setIntervalMining", [0]);
    const cut = hardhat.follow("voucher:redeem", out, "--network", "local");
    await anvilHasPending(anvil);
    cut.kill();
    await cut.ended;
    await anvil.rpc.request("evm_setIntervalMining", [1]);
    const watching = local("confirmations:watch", "--json");
    const watched = await anvil.mineWhile(watching, 1);
    const levels = watched.stdout
      .trim()
      .split("\n")
      .map((line) => (JSON.parse(line) as { level: string }).level);
    expect(levels).to.deep.equal(["tentative", "auditable", "final"]);
    expect(watched.code).to.equal(0);
  });
});

async function anvilHasPending(anvil: Anvil): Promise<void> {
  await eventually("a transaction is in the pool", async () => {
    const { pending } = await anvil.rpc.request<{ pending: string }>("txpool_status", []);
    return Number(pending) > 0 || undefined;
  });
}
