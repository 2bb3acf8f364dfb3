import { readLines } from "./lines.ts";
import { InvalidMintList, type MintListProblem } from "./problems.ts";
import { RecordReader, type CsvRecord } from "./records.ts";
import { readHeader, RowReader, type Columns, type MintRow } from "./rows.ts";

/** Largest quantity of a row where the caller names no other; the same as the default of `orders.maxQuantity`. */
export const DEFAULT_MAX_QUANTITY = 5_000;

/** Problems that are kept and reported one by one; beyond it they are only counted. */
const MAX_PROBLEMS = 100;

export interface MintListOptions {
  /** Leave bad rows out instead of refusing the list. */
  readonly skipInvalid?: boolean;
  /** Largest quantity of a row, 1..2^32-1. */
  readonly maxQuantity?: number;
  /** Rows of cast tokens: quantities in hundredths, and a collateral's address, in any case, as the URI. */
  readonly isCast?: boolean;
}

export interface ReadOptions extends MintListOptions {
  /** The caller has just called `checkMintList` with these options: do not read the file twice. */
  readonly checked?: boolean;
  /** Told of every problem of a row that `skipInvalid` leaves out. */
  readonly onSkipped?: (problem: MintListProblem) => void;
}

/** What a whole list would mint. */
export interface MintListSummary {
  /** Good rows. */
  readonly rows: number;
  /** Tokens that the good rows mint together. */
  readonly tokens: number;
  /** Bad rows that `skipInvalid` leaves out. */
  readonly skipped: number;
  /** The first 100 problems of the rows left out. */
  readonly problems: readonly MintListProblem[];
  /** How many problems there are; a row can have several. */
  readonly problemCount: number;
  /** Of cast tokens, the collaterals that the good rows name, in lower case. */
  readonly collaterals?: readonly string[];
}

/**
 * Reads the whole list and mints nothing: the pass that comes before any minting. About 8 s for 100 MB on one core, in flat memory.
 *
 * @example
 * const { rows, tokens } = await checkMintList("examples/mint-list.csv");
 * @throws InvalidMintList if any row is bad and `skipInvalid` is not set, or if the file, its header or the absence of
 * rows leaves nothing to read, whatever `skipInvalid` says
 */
export async function checkMintList(path: string, options: MintListOptions = {}): Promise<MintListSummary> {
  const problems: MintListProblem[] = [];
  const collaterals = new Set<string>();
  let [rows, tokens, skipped, problemCount] = [0, 0, 0, 0];
  for await (const outcomes of readOutcomes(path, options)) {
    for (const outcome of outcomes) {
      if (isRow(outcome)) {
        rows += 1;
        tokens += outcome.quantity;
        if (options.isCast) collaterals.add(outcome.uri);
      } else {
        skipped += 1;
        problemCount += outcome.length;
        problems.push(...outcome.slice(0, MAX_PROBLEMS - problems.length));
      }
    }
  }
  if (problemCount > 0 && options.skipInvalid !== true) throw new InvalidMintList(path, problems, problemCount);
  return { rows, tokens, skipped, problems, problemCount, ...(options.isCast && { collaterals: [...collaterals] }) };
}

/**
 * The rows of a list, in order. Unless `skipInvalid` or `checked` is set, the whole list is checked before the first row is
 * given out, so nothing is minted from a list with a mistake on its last line.
 *
 * @example
 * for await (const { id, to, quantity } of readMintList("examples/mint-list.csv")) order(id, to, quantity);
 * @throws InvalidMintList before the first row, with all problems; later only if the file changed in between
 */
export async function* readMintList(path: string, options: ReadOptions = {}): AsyncGenerator<MintRow> {
  const { skipInvalid = false, checked = false, onSkipped } = options;
  if (!skipInvalid && !checked) await checkMintList(path, options);
  for await (const outcomes of readOutcomes(path, options)) {
    for (const outcome of outcomes) {
      if (isRow(outcome)) yield outcome;
      else if (!skipInvalid) throw new InvalidMintList(path, outcome);
      else if (onSkipped !== undefined) outcome.forEach(onSkipped);
    }
  }
}

type Outcome = MintRow | MintListProblem[];

const isRow = (outcome: Outcome): outcome is MintRow => !Array.isArray(outcome);

/** Rows and bad rows, a chunk's worth at a time. @throws InvalidMintList for what `skipInvalid` cannot skip. */
async function* readOutcomes(
  path: string,
  { maxQuantity = DEFAULT_MAX_QUANTITY, isCast = false }: MintListOptions,
): AsyncGenerator<Outcome[]> {
  let reader: RowReader | undefined;
  let seen = 0;
  for await (const records of readRecords(path)) {
    const [header] = records;
    if (header === undefined) continue;
    const rows = reader === undefined ? records.slice(1) : records;
    const present = (reader ??= new RowReader(columnsOf(path, header), { maxQuantity, isCast }));
    seen += rows.length;
    yield rows.map((record) => present.read(record));
  }
  if (reader === undefined) throw nothing(path, "EMPTY_FILE", "the file is empty; it needs a header with id,to,quantity");
  if (seen === 0) throw nothing(path, "NO_ROWS", "there is a header, but no row below it");
}

async function* readRecords(path: string): AsyncGenerator<CsvRecord[]> {
  const reader = new RecordReader();
  for await (const lines of readLines(path)) yield reader.push(lines);
  yield reader.end();
}

function columnsOf(path: string, header: CsvRecord): Columns {
  const columns = readHeader(header);
  if (Array.isArray(columns)) throw new InvalidMintList(path, columns);
  return columns;
}

function nothing(path: string, code: "EMPTY_FILE" | "NO_ROWS", message: string): InvalidMintList {
  return new InvalidMintList(path, [{ code, line: undefined, column: undefined, message }]);
}
