import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { checkMintList, readMintList, type MintListProblem, type ProblemCode } from "../../../src/list/index.ts";
import { ALICE, BOB, fileOf, folderPath, HEADER, linesOf, refusalOf, rejection, rowsOf } from "./lists.ts";

const good = `ok,${BOB},1,`;
const badChecksum = ALICE.replace("5A", "5a");

/** What stands on line 3 of a list whose lines 2 and 4 are good, and how it is refused. */
const badRows: [string, string | Uint8Array, ProblemCode, string | undefined, RegExp][] = [
  ["an address that is none", "a,0x1234,1,", "INVALID_ADDRESS", "to", /"0x1234"/],
  ["an empty address", "a,,1,", "INVALID_ADDRESS", "to", /""/],
  ["an address with a blank before it", `a, ${ALICE},1,`, "INVALID_ADDRESS", "to", /" 0x/],
  ["a wrong checksum", `a,${badChecksum},1,`, "BAD_CHECKSUM", "to", /EIP-55/],
  ["the zero address", `a,0x${"0".repeat(40)},1,`, "ZERO_ADDRESS", "to", /lost/],
  ["quantity 0", `a,${ALICE},0,`, "ZERO_QUANTITY", "quantity", /at least 1/],
  ["quantity 00", `a,${ALICE},00,`, "ZERO_QUANTITY", "quantity", /at least 1/],
  ["a negative quantity", `a,${ALICE},-1,`, "INVALID_QUANTITY", "quantity", /"-1"/],
  ["half a token", `a,${ALICE},1.5,`, "INVALID_QUANTITY", "quantity", /"1.5"/],
  ["an empty quantity", `a,${ALICE},,`, "INVALID_QUANTITY", "quantity", /""/],
  ["a quantity in hexadecimal", `a,${ALICE},0x10,`, "INVALID_QUANTITY", "quantity", /"0x10"/],
  ["a quantity with an exponent", `a,${ALICE},1e3,`, "INVALID_QUANTITY", "quantity", /"1e3"/],
  ["a quantity above the limit", `a,${ALICE},5001,`, "QUANTITY_TOO_LARGE", "quantity", /5000/],
  ["a quantity beyond all numbers", `a,${ALICE},${"9".repeat(400)},`, "QUANTITY_TOO_LARGE", "quantity", /…/],
  ["an empty id", `,${ALICE},1,`, "EMPTY_ID", "id", /empty/],
  ["an id of 201 bytes", `${"x".repeat(201)},${ALICE},1,`, "ID_TOO_LONG", "id", /200 bytes/],
  ["an id of 101 letters that are 202 bytes", `${"é".repeat(101)},${ALICE},1,`, "ID_TOO_LONG", "id", /200 bytes/],
  ["an id with a line end", `"a\nb",${ALICE},1,`, "INVALID_ID", "id", /\\n/],
  ["an id that stood before", `ok,${ALICE},1,`, "DUPLICATE_ID", "id", /line 2/],
  ["a uri of 2049 bytes", `a,${ALICE},1,${"u".repeat(2049)}`, "URI_TOO_LONG", "uri", /2048/],
  ["a field too few", `a,${ALICE},1`, "FIELD_COUNT", undefined, /3 fields instead of 4/],
  ["a field too many", `a,${ALICE},1,,`, "FIELD_COUNT", undefined, /5 fields instead of 4/],
  ["a quote that is never closed", `a,"${ALICE},1,`, "BROKEN_QUOTING", undefined, /never closed/],
  ["a quote inside a field", `a"b"c,${ALICE},1,`, "BROKEN_QUOTING", undefined, /does not start with one/],
  ["text behind a closing quote", `"a"b,${ALICE},1,`, "BROKEN_QUOTING", undefined, /doubled/],
  ["a byte that is not UTF-8", Buffer.from([0x61, 0xc3, 0x28, 0x2c]), "INVALID_UTF8", undefined, /byte 3 .*0x28/],
  ["a lone continuation byte", Buffer.from([0x61, 0x80]), "INVALID_UTF8", undefined, /byte 2 .*0x80/],
  ["a line of 100 kB", `a,${ALICE},1,${"u".repeat(100_000)}`, "ROW_TOO_LONG", undefined, /65536 bytes/],
];

function around(row: string | Uint8Array): Buffer {
  const last = good.replace("ok", "last");
  return Buffer.concat([Buffer.from(linesOf(HEADER, good)), Buffer.from(row), Buffer.from("\n" + linesOf(last))]);
}

describe("a mint list is refused for", () => {
  for (const [what, row, code, column, message] of badRows) {
    it(what, async () => {
      const error = await refusalOf(fileOf(around(row)));
      expect(error.problems.map((problem) => [problem.code, problem.line, problem.column])).to.deep.equal([[code, 3, column]]);
      expect(error.message)
        .to.match(/line 3/)
        .and.to.match(message);
      expect(error.code).to.equal("INVALID_MINT_LIST");
    });

    it(`${what}, of which skipInvalid skips exactly that row`, async () => {
      const skipped: MintListProblem[] = [];
      const content = around(row);
      const rows = await rowsOf(content, { skipInvalid: true, onSkipped: (problem) => skipped.push(problem) });
      expect(rows.map(({ id }) => id)).to.deep.equal(["ok", "last"]);
      expect(skipped.map((problem) => [problem.code, problem.line])).to.deep.equal([[code, 3]]);
      expect(await checkMintList(fileOf(content), { skipInvalid: true })).to.deep.include({
        rows: 2,
        skipped: 1,
        problems: skipped,
        problemCount: 1,
      });
    });
  }

  it("a row of cast tokens whose uri is no collateral's address, or whose quantity is no number of hundredths", async () => {
    const cast = { isCast: true, maxQuantity: 10_000 };
    const list = (...rows: string[]) => fileOf(linesOf(HEADER, ...rows));
    const bad = [`a,${BOB},1,`, `b,${BOB},1,ipfs://x`, `c,${BOB},1,${badChecksum}`, `d,${BOB},10001,${ALICE}`, `e,${BOB},0,${ALICE}`];
    const error = await rejection(checkMintList(list(...bad), cast));
    const found = error.problems.map(
      ({ code, line, message }) => `${line} ${code}${message.includes("hundredth") ? " in hundredths" : ""}`,
    );
    expect(found).to.deep.equal([
      ...["2 URI_NOT_A_COLLATERAL", "3 URI_NOT_A_COLLATERAL", "4 URI_NOT_A_COLLATERAL"],
      ...["5 QUANTITY_TOO_LARGE in hundredths", "6 ZERO_QUANTITY in hundredths"],
    ]);
    const good = list(`a,${BOB},10000,${ALICE}`, `b,${BOB},1,${ALICE.toLowerCase()}`);
    expect((await checkMintList(good, cast)).collaterals).to.deep.equal([ALICE.toLowerCase()]);
    for await (const { uri } of readMintList(good, cast)) expect(uri).to.equal(ALICE.toLowerCase()); // as the contract knows it
  });

  const badFiles: [string, string | Uint8Array, ProblemCode, string | undefined][] = [
    ["an empty file", "", "EMPTY_FILE", undefined],
    ["a file of empty lines", "\n\r\n\n", "EMPTY_FILE", undefined],
    ["a header without rows", HEADER + "\n", "NO_ROWS", undefined],
    ["a missing column", linesOf("id,quantity", "a,1"), "MISSING_COLUMN", "to"],
    ["a column in other letters", linesOf("id,To,quantity", `a,${ALICE},1`), "MISSING_COLUMN", "to"],
    ["a column named twice", linesOf("id,to,to,quantity", `a,${ALICE},${ALICE},1`), "DUPLICATE_COLUMN", "to"],
    ["a header that is not UTF-8", Buffer.from([0xff, 0xfe, 0x69, 0x00]), "INVALID_UTF8", undefined],
    ["a header with broken quotes", linesOf('"id,to,quantity', `a,${ALICE},1`), "BROKEN_QUOTING", undefined],
  ];
  for (const [what, content, code, column] of badFiles) {
    it(`${what}, with skipInvalid too`, async () => {
      for (const skipInvalid of [false, true]) {
        const { problems } = await refusalOf(fileOf(content), skipInvalid);
        expect(problems.map((problem) => [problem.code, problem.column])).to.deep.equal([[code, column]]);
      }
    });
  }

  it("all three columns missing, and says that commas are wanted", async () => {
    const { problems } = await refusalOf(fileOf(linesOf("id;to;quantity", `a;${ALICE};1`)));
    expect(problems.map(({ column }) => column)).to.deep.equal(["id", "to", "quantity"]);
    expect(problems[0]?.message).to.contain("commas");
  });

  const noFiles: [string, string, ProblemCode][] = [
    ["a file that is missing", join(folderPath, "missing.csv"), "FILE_NOT_FOUND"],
    ["a directory", folderPath, "NOT_A_FILE"],
    ["a path below a file", join(fileOf("", "plain"), "list.csv"), "FILE_UNREADABLE"],
  ];
  for (const [what, path, code] of noFiles) {
    it(what, async () => {
      const error = await refusalOf(path, true);
      expect(error.problems.map((problem) => problem.code)).to.deep.equal([code]);
      expect(error.message).to.contain(path);
    });
  }
});

describe("the refusal of a mint list", () => {
  it("names every problem of a row", async () => {
    const { problems } = await refusalOf(fileOf(linesOf(HEADER, ",0x12,0,")));
    expect(problems.map(({ code }) => code)).to.deep.equal(["EMPTY_ID", "INVALID_ADDRESS", "ZERO_QUANTITY"]);
  });

  it("keeps the first 100 problems, counts all and shows ten", async () => {
    const rows = Array.from({ length: 250 }, (_, i) => `r${String(i)},${ALICE},0,`);
    const error = await refusalOf(fileOf(linesOf(HEADER, ...rows)));
    expect([error.problems.length, error.problemCount]).to.deep.equal([100, 250]);
    expect(error.message).to.contain("250 problems").and.to.contain("and 240 more");
    expect(error.message.split("\n")).to.have.length(12);
  });

  it("comes before the first row, though the mistake is on the last line", async () => {
    const rows = Array.from({ length: 5000 }, (_, i) => `r${String(i)},${ALICE},1,`);
    const list = readMintList(fileOf(linesOf(HEADER, ...rows, "bad,,1,")));
    expect((await rejection(list.next())).message).to.contain("line 5002");
  });

  it("finds a duplicate id far away, also that of a row that is bad itself", async () => {
    const rows = Array.from({ length: 20_000 }, (_, i) => `r${String(i)},${ALICE},1,`);
    const error = await refusalOf(fileOf(linesOf(HEADER, "twice,,1,", ...rows, `twice,${ALICE},1,`)));
    expect(error.problems.map(({ code, line }) => [code, line])).to.deep.equal([
      ["INVALID_ADDRESS", 2],
      ["DUPLICATE_ID", 20_003],
    ]);
    expect(error.message).to.contain("line 2 already");
  });

  it("is never another error, whatever bytes the file has", async () => {
    const piece = fc.constantFrom('"', ",", "\n", "\r\n", "id", "a", ALICE, "1", HEADER + "\n", good + "\n", "\u{fffd}", "é");
    const anything = fc.oneof(
      fc.array(piece, { maxLength: 60 }).map((pieces) => Buffer.from(HEADER + "\n" + pieces.join(""))),
      fc.uint8Array({ maxLength: 300 }).map((bytes) => Buffer.concat([Buffer.from(HEADER + "\n"), bytes])),
    );
    await fc.assert(
      fc.asyncProperty(anything, async (content) => {
        const outcome: unknown = await rowsOf(content, { skipInvalid: true }).catch((error: unknown) => error);
        if (outcome instanceof Error) expect(outcome).to.have.property("code", "INVALID_MINT_LIST");
        else for (const row of outcome as { line: number }[]) expect(row.line).to.be.greaterThan(1);
      }),
      { numRuns: 300 },
    );
  });
});
