import { expect } from "chai";
import { mkdtemp, open, readdir, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import type { SignedVoucherJson } from "../../src/voucher/index.ts";
import { Anvil, freePort } from "../anvil.ts";
import { Hardhat, type Run } from "./hardhat.ts";

const to = "0x70997970C51812dc3A010C7d01b50e0d17dc79C8";

function expectRefusal(run: Run, code: string, ...words: readonly string[]): void {
  for (const each of [`${code}: `, ...words]) expect(run.stderr).to.contain(each);
  expect(run.stderr + run.stdout).to.not.contain("\n    at ");
  expect(run.code).to.equal(1);
}

interface Verified {
  readonly line: number;
  readonly state: string;
  readonly code?: string;
}

describe("The tasks of vouchers", function () {
  this.timeout(240_000);
  let anvil: Anvil;
  let home: string;
  /** With the chain, and with an endpoint that nobody serves. */
  let hardhat: Hardhat;
  let offline: Hardhat;
  const local = (...args: readonly string[]) => hardhat.run(...args, "--network", "local");
  const alone = (...args: readonly string[]) => offline.run(...args, "--network", "local");
  const path = (name: string): string => join(home, name);
  const linesOf = async (name: string): Promise<SignedVoucherJson[]> =>
    (await readFile(path(name), "utf8"))
      .trim()
      .split("\n")
      .map((line) => JSON.parse(line) as SignedVoucherJson);
  const modeOf = async (name: string): Promise<number> => (await stat(path(name))).mode & 0o777;
  const verified = (run: Run): Verified[] => run.json["lines"] as Verified[];

  before(async () => {
    anvil = await Anvil.start({ blockTime: 1 });
    home = await mkdtemp(join(tmpdir(), "mintd-voucher-tasks-"));
    hardhat = new Hardhat({ MINTD_HOME: home, MINTD_LOCAL_PORT: String(anvil.port) });
    offline = new Hardhat({ MINTD_HOME: home, MINTD_LOCAL_PORT: String(await freePort()) });
    expect((await local("deploy")).code).to.equal(0);
  });

  after(async () => {
    hardhat.end();
    offline.end();
    await anvil.kill();
    await rm(home, { recursive: true, force: true });
  });

  it("issue a batch without a chain, and again the same by its id", async () => {
    const first = await alone("voucher:issue", "--count", "300", "--to", to, "--out", path("a.jsonl"), "--json");
    expect(first.json).to.include({ vouchers: 300, issued: 300, file: path("a.jsonl") });
    expect(first.code).to.equal(0);
    const batch = first.json["batch"] as string;
    const vouchers = await linesOf("a.jsonl");
    const numbers = vouchers.map(({ redemption }) => redemption.txCount);
    expect(new Set(numbers).size).to.equal(300);
    expect([first.json["first"], first.json["last"]]).to.deep.equal([numbers[0], numbers.at(-1)]);
    const again = await alone("voucher:issue", "--count", "300", "--to", to, "--batch", batch, "--out", path("again.jsonl"), "--json");
    expect(again.json).to.include({ vouchers: 300, repeated: 300, batch });
    expect(await readFile(path("again.jsonl"), "utf8")).to.equal(await readFile(path("a.jsonl"), "utf8"));
    const other = await alone(
      "voucher:issue",
      "--count",
      "2",
      "--quantity",
      "2",
      "--to",
      to,
      "--batch",
      batch,
      "--out",
      path("other.jsonl"),
      "--json",
    );
    expect(other.json).to.include({ vouchers: 0, conflict: 2 });
    expect(other.code).to.equal(1);
    expect((await readdir(home)).filter((name) => name.endsWith(".partial"))).to.deep.equal([]);
    expect(await modeOf("a.jsonl")).to.equal(0o600);
  });

  it("keep vouchers from all but the user, also where others may read the file that is replaced, or a dead run left one", async () => {
    await writeFile(path("open.jsonl"), "old\n", { mode: 0o644 });
    await writeFile(path("open.jsonl.partial"), "older\n", { mode: 0o644 });
    const former = await open(path("open.jsonl"), "r");
    const left = await open(path("open.jsonl.partial"), "r");
    try {
      const run = await alone("voucher:issue", "--count", "2", "--to", to, "--out", path("open.jsonl"), "--json");
      expect(run.code).to.equal(0);
      expect(await modeOf("open.jsonl")).to.equal(0o600);
      expect(await linesOf("open.jsonl")).to.have.lengthOf(2);
      expect(await former.readFile("utf8")).to.equal("old\n");
      expect(await left.readFile("utf8")).to.equal("older\n");
    } finally {
      await former.close();
      await left.close();
    }
    expectRefusal(await alone("voucher:issue", "--count", "2", "--to", to, "--out", home), "INVALID_ARGUMENT", "--out cannot be written");
  });

  it("refuse ids that were perhaps minted before the store knew the chain, and what contradicts itself", async () => {
    const x = path("x.jsonl");
    const [both, none, noOut, noTime] = await Promise.all([
      alone("voucher:issue", "--id", "gift-1", "--count", "3", "--to", to),
      alone("voucher:issue", "--to", to),
      alone("voucher:issue", "--count", "3", "--to", to),
      alone("voucher:issue", "--count", "3", "--to", to, "--out", x, "--from", "tomorrow"),
    ]);
    // One after the other: each opens the store.
    const early = await alone("voucher:issue", "--id", "gift-1", "--to", to);
    const strange = await alone("voucher:issue", "--count", "3", "--to", to, "--batch", "5f".repeat(16), "--out", x);
    const late = await alone("voucher:issue", "--count", "3", "--to", to, "--out", x, "--from", "2001-01-01T00:00:00Z");
    const nowhere = await alone("voucher:issue", "--count", "3", "--to", to, "--out", join(home, "none", "x.jsonl"));
    expectRefusal(nowhere, "INVALID_ARGUMENT", "--out cannot be written");
    expectRefusal(early, "HISTORY_UNKNOWN", "confirmations:watch");
    expectRefusal(strange, "HISTORY_UNKNOWN");
    for (const run of [both, none, noOut, noTime]) expectRefusal(run, "INVALID_ARGUMENT");
    expectRefusal(late, "WINDOW_OUT_OF_RANGE");
    expect(await readdir(home))
      .to.not.include("x.jsonl")
      .and.not.include("x.jsonl.partial");
  });

  it("verify a file offline and by the chain", async () => {
    const [good, onChain] = await Promise.all([
      alone("voucher:verify", path("a.jsonl"), "--json"),
      local("voucher:verify", path("a.jsonl"), "--chain", "--json"),
    ]);
    expect(good.json).to.include({ vouchers: 300, holds: 300, bad: 0 });
    expect(onChain.json).to.include({ vouchers: 300, holds: 300, bad: 0 });
    expect([good.code, onChain.code]).to.deep.equal([0, 0]);
    const [first, second, third, fourth] = await linesOf("a.jsonl");
    if (!first || !second || !third || !fourth) throw new Error("300 vouchers were issued");
    const twice = { ...first, redemption: second.redemption, signature: first.signature };
    const elsewhere = { ...third, domain: { ...third.domain, chainId: 1 } };
    const old = { ...fourth, redemption: { ...fourth.redemption, alignedSecond: 1_000 } };
    const text = [first, twice, elsewhere, old].map((each) => JSON.stringify(each)).join("\n");
    await writeFile(path("bad.jsonl"), `${text}\n{"signature":\n\n`);
    const bad = await alone("voucher:verify", path("bad.jsonl"), "--json");
    expect(verified(bad).map(({ line, state, code }) => [line, state, code])).to.deep.equal([
      [1, "holds", undefined],
      [2, "bad", "SIGNER_NOT_AUTHORISED"],
      [3, "bad", "VOUCHER_FOR_ELSEWHERE"],
      [4, "bad", "SIGNER_NOT_AUTHORISED"],
      [5, "bad", "INVALID_VOUCHER"],
    ]);
    expect(bad.code).to.equal(1);
    expectRefusal(await alone("voucher:verify", path("none.jsonl")), "INVALID_ARGUMENT", "cannot be read");
  });

  it("redeem one line of a file, and see it as redeemed", async () => {
    await anvil.rpc.request("evm_setIntervalMining", [0]);
    const redeemed = await anvil.mineWhile(local("voucher:redeem", path("a.jsonl"), "--line", "3", "--json"), 1);
    expect(redeemed.json).to.include({ outcome: "sent" });
    expect(redeemed.code).to.equal(0);
    expectRefusal(await local("voucher:redeem", path("a.jsonl")), "INVALID_ARGUMENT", "--line");
    expectRefusal(await local("voucher:redeem", path("a.jsonl"), "--line", "301"), "INVALID_ARGUMENT", "--line");
    const after = await local("voucher:verify", path("a.jsonl"), "--chain", "--json");
    expect(after.json).to.include({ holds: 299, redeemed: 1 });
    expect(verified(after)[2]).to.include({ state: "redeemed" });
    expect(after.code).to.equal(1);
  });

  it("issue one voucher, and one for each row of a list, now that the store knows the chain", async () => {
    const one = await alone("voucher:issue", "--id", "gift-1", "--to", to, "--from", "+3600", "--out", path("gift.json"));
    expect(one.code).to.equal(0);
    expect(await modeOf("gift.json")).to.equal(0o600);
    const [gift, list] = await Promise.all([
      alone("voucher:verify", path("gift.json"), "--json"),
      writeFile(path("list.csv"), `id,to,quantity\nrow-1,${to},1\nrow-2,${to},2\ngift-1,${to},2\n`).then(() =>
        alone("voucher:issue", "--list", path("list.csv"), "--out", path("list.jsonl"), "--json"),
      ),
    ]);
    expect(gift.json).to.include({ vouchers: 1, ahead: 1 });
    expect(gift.code).to.equal(0);
    expect(list.json).to.include({ vouchers: 2, issued: 2, conflict: 1 });
    expect((await linesOf("list.jsonl")).map(({ redemption }) => redemption.quantity)).to.deep.equal([1, 2]);
  });

  it("cancel what is named and what has expired, once, and see it as cancelled", async () => {
    const named = await anvil.mineWhile(local("voucher:cancel", "gift-1", path("list.jsonl"), "--json"), 4);
    expect(named.code).to.equal(0);
    const words = named.json["words"] as { mask: string; cancelled: string; sent: string[] }[];
    for (const { mask, cancelled } of words) expect(cancelled).to.equal(mask);
    // A file says which number it means: another domain's, or another number than the order's, is not the order's voucher.
    const [line] = await linesOf("a.jsonl");
    if (!line) throw new Error("300 vouchers were issued");
    await writeFile(path("elsewhere.json"), JSON.stringify({ ...line, domain: { ...line.domain, chainId: 1 } }));
    expectRefusal(await local("voucher:cancel", path("elsewhere.json")), "VOUCHER_FOR_ELSEWHERE");
    await writeFile(path("other.json"), JSON.stringify({ ...line, redemption: { ...line.redemption, txCount: "77" } }));
    expectRefusal(await local("voucher:cancel", path("other.json")), "NOT_CANCELLABLE", "--foreign");

    expectRefusal(await local("voucher:cancel"), "INVALID_ARGUMENT");
    expectRefusal(await local("voucher:cancel", "nobody-1"), "ORDER_NOT_FOUND");
    expectRefusal(await local("voucher:cancel", "--word", "1", "--mask", "0x3"), "NOT_CANCELLABLE", "--foreign");

    // What this store has still to give out is not cancelled, whoever asks; what it gave away is.
    const byWord = Map.groupBy(await linesOf("a.jsonl"), ({ redemption }) => (BigInt(redemption.txCount) >> 8n).toString());
    const [[ownWord]] = [...byWord].sort(([, few], [, many]) => few.length - many.length) as [[string, unknown]]; // not full
    const [top, low] = [`0x8${"0".repeat(63)}`, "0x3"];
    expectRefusal(await local("voucher:cancel", "--word", ownWord, "--mask", top, "--foreign"), "NOT_CANCELLABLE", "never be redeemed");
    const lease = await alone("nonce:lease", "--words", "1", "--node", "partner", "--json");
    const given = await local(
      "voucher:cancel",
      "--word",
      String(lease.json["firstWord"]),
      "--mask",
      low,
      "--foreign",
      "--dry-run",
      "--json",
    );
    expect(given.json["words"]).to.deep.equal([{ word: lease.json["firstWord"], mask: low, numbers: [], orderIds: [] }]);
    expectRefusal(
      await local("voucher:cancel", "--word", (2n ** 248n).toString(), "--mask", low, "--foreign"),
      "INVALID_ARGUMENT",
      "2^248",
    );

    expect((await local("voucher:cancel", "--expired")).stdout).to.contain("nothing is to be cancelled");
    await anvil.rpc.request("evm_increaseTime", [400]);
    await anvil.mine();
    const dry = await local("voucher:cancel", "--expired", "--dry-run", "--json");
    const planned = dry.json["words"] as { numbers: string[] }[];
    expect(planned.flatMap(({ numbers }) => numbers)).to.have.lengthOf(301); // 299 of a.jsonl, and those of open.jsonl
    const done = await anvil.mineWhile(local("voucher:cancel", "--expired", "--json"), 4);
    expect((done.json["words"] as unknown[]).length).to.equal(planned.length);
    const after = await local("voucher:verify", path("a.jsonl"), "--chain", "--json");
    expect(after.json).to.include({ cancelled: 299, redeemed: 1, holds: 0 });
    expect((await local("voucher:cancel", "--expired")).stdout).to.contain("nothing is to be cancelled");
    const shown = await local("order:show", "gift-1", "--json");
    expect(shown.json).to.include({ kind: "rejected" });
  });
});
