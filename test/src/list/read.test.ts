import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { getAddress } from "ethers";
import fc from "fast-check";
import { exampleList } from "../../../scripts/example-list.ts";
import { checkMintList, readMintList } from "../../../src/list/index.ts";
import { ALICE, BOB, collect, fileOf, HEADER, linesOf, rejection, rowsOf } from "./lists.ts";
import { stringify } from "./stringify.ts";

const EXAMPLE = fileURLToPath(new URL("../../../examples/mint-list.csv", import.meta.url));

describe("a good mint list", () => {
  it("gives its rows in order, with their lines", async () => {
    const rows = await rowsOf(linesOf(HEADER, `a,${ALICE},1,ipfs://a`, `b,${BOB},5000,`));
    expect(rows).to.deep.equal([
      { line: 2, id: "a", to: ALICE, quantity: 1, uri: "ipfs://a" },
      { line: 3, id: "b", to: BOB, quantity: 5000, uri: "" },
    ]);
  });

  const forms: [string, string | Uint8Array][] = [
    ["CRLF line ends", linesOf(HEADER, `a,${ALICE},2,u`).replaceAll("\n", "\r\n")],
    ["a byte order mark", "\ufeff" + linesOf(HEADER, `a,${ALICE},2,u`)],
    ["a byte order mark and a quoted header", "\ufeff" + linesOf('"id","to","quantity","uri"', `a,${ALICE},2,u`)],
    ["no line end at its end", `${HEADER}\na,${ALICE},2,u`],
    ["all fields quoted", linesOf(HEADER, `"a","${ALICE}","2","u"`)],
    ["extra columns, and ours in another order", linesOf("note,quantity,uri,to,id", `x,2,u,${ALICE},a`)],
    ["columns without a name", linesOf(",id,to,quantity,uri,", `,a,${ALICE},2,u,`)],
  ];
  for (const [what, content] of forms) {
    it(`may have ${what}`, async () => {
      expect(await rowsOf(content)).to.deep.equal([{ line: 2, id: "a", to: ALICE, quantity: 2, uri: "u" }]);
    });
  }

  it("may have no uri column", async () => {
    expect(await rowsOf(linesOf("id,to,quantity", `a,${ALICE},1`))).to.deep.equal([{ line: 2, id: "a", to: ALICE, quantity: 1, uri: "" }]);
  });

  it("counts empty lines and line ends inside of quotes as physical lines", async () => {
    const rows = await rowsOf(linesOf("", "id,to,quantity,note", "", `a,${ALICE},1,"two`, `lines, and ""quotes"""`, "", `b,${BOB},1,`));
    expect(rows.map(({ id, line }) => [id, line])).to.deep.equal([
      ["a", 4],
      ["b", 7],
    ]);
  });

  it("loses a byte order mark at its start only", async () => {
    expect((await rowsOf(linesOf(HEADER, `\ufeffa,${ALICE},1,`)))[0]?.id).to.equal("\ufeffa");
  });

  it("may write addresses in one case, and gives them checksummed", async () => {
    const upper = "0x" + BOB.slice(2).toUpperCase();
    const rows = await rowsOf(linesOf(HEADER, `a,${ALICE.toLowerCase()},1,`, `b,${upper},1,`));
    expect(rows.map(({ to }) => to)).to.deep.equal([ALICE, BOB]);
  });

  it("takes quantities up to the given limit", async () => {
    const list = fileOf(linesOf(HEADER, `a,${ALICE},7,`, `b,${ALICE},4294967295,`));
    const { tokens } = await checkMintList(list, { maxQuantity: 4294967295 });
    expect(tokens).to.equal(4294967302);
  });

  it("comes back from any writer as it was, whatever its texts contain", async () => {
    const text = fc.string({ unit: fc.constantFrom("a", "é", "𝄞", '"', ",", "\n", " ", ";", "\ufffd"), maxLength: 12 });
    const item = fc.record({
      id: text.map((value) => value.replaceAll("\n", "")),
      to: fc.uint8Array({ minLength: 20, maxLength: 20 }).map((bytes) => getAddress("0x" + Buffer.from(bytes).toString("hex"))),
      quantity: fc.integer({ min: 1, max: 5000 }),
      uri: text,
    });
    const options = fc.record({ crlf: fc.boolean(), quoteAll: fc.boolean(), mark: fc.boolean() });
    await fc.assert(
      fc.asyncProperty(fc.uniqueArray(item, { selector: ({ id }) => id, minLength: 1, maxLength: 40 }), options, async (items, how) => {
        const good = items.filter(({ id, to }) => id !== "" && !/^0x0+$/.test(to));
        fc.pre(good.length > 0);
        const rows = await rowsOf(
          stringify(
            ["id", "to", "quantity", "uri"],
            good.map(({ id, to, quantity, uri }) => [id, to, String(quantity), uri]),
            how,
          ),
        );
        expect(rows.map(({ id, to, quantity, uri }) => ({ id, to, quantity, uri }))).to.deep.equal(good);
      }),
      { numRuns: 150 },
    );
  });

  it("is read once and checked once, and only once where the caller has checked", async () => {
    const path = fileOf(linesOf(HEADER, `a,${ALICE},1,`, "b,bad,1,"));
    const rows = readMintList(path, { checked: true });
    expect((await rows.next()).value).to.have.property("id", "a");
    expect((await rejection(rows.next())).message).to.contain("line 3");
  });
});

describe("examples/mint-list.csv", () => {
  it("is what its generator makes", () => {
    expect(readFileSync(EXAMPLE, "utf8")).to.equal(exampleList());
  });

  it("mints to 250 users, several tokens each, in 1,000 rows", async () => {
    const rows = await collect(readMintList(EXAMPLE));
    const summary = await checkMintList(EXAMPLE);
    expect(rows).to.have.length(1000);
    expect(new Set(rows.map(({ to }) => to)).size).to.equal(250);
    expect(summary).to.include({ rows: 1000, skipped: 0, problemCount: 0, tokens: rows.reduce((sum, { quantity }) => sum + quantity, 0) });
    expect(rows.every(({ uri }) => uri.startsWith("ipfs://"))).to.equal(true);
  });
});
