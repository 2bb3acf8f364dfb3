import { execFile } from "node:child_process";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { expect } from "chai";
import { compileFaultyDisk, Control } from "./index.ts";

const storeModule = new URL("../../../src/store/index.ts", import.meta.url).href;

/** Opens a store in `folder` and appends twice, with `between` run in between; says what each append came to. */
const program = (between: string): string => `
  import { openSqliteStore } from ${JSON.stringify(storeModule)};
  const store = await openSqliteStore({ path: process.env.CHAOS_FOLDER + "/store.db" });
  const append = (stream) => store.append([{ stream, expected: 0, events: [{ kind: "seen", data: {} }] }]).then(
    () => "durable", (error) => [error.code, String(error.permanent), error.message].join(" "));
  const first = await append("test/1");
  ${between}
  const second = await append("test/2");
  await store.close();
  console.log(JSON.stringify({ first, second }));
`;

describe("chaos: the faulty disk and clock", function () {
  this.timeout(90_000);
  let home: string;
  let library: string;
  let control: Control;

  before(async () => {
    home = await mkdtemp(join(tmpdir(), "mintd-disk-"));
    library = await compileFaultyDisk(home);
  });
  beforeEach(() => (control = new Control(join(home, "control"))));
  afterEach(() => {
    control[Symbol.dispose]();
  });
  after(() => rm(home, { recursive: true, force: true }));

  async function run(code: string): Promise<string> {
    const folder = await mkdtemp(join(home, "store-"));
    const env = { PATH: process.env["PATH"], LD_PRELOAD: library, CHAOS_CONTROL: control.file, CHAOS_FOLDER: folder };
    const { stdout } = await promisify(execFile)(process.execPath, ["--input-type=module-typescript", "--eval", code], { env });
    return stdout.trim();
  }

  /** In the child, as the store's own thread works on: the page is shared. */
  const set = (mode: number): string => `
    const { openSync, writeSync } = await import("node:fs");
    writeSync(openSync(process.env.CHAOS_CONTROL, "r+"), Buffer.from([${mode}, 0, 0, 0, 0, 0, 0, 0]), 0, 8, 8);`;

  it("stands between the store and the disk: its writes and syncs come through", async () => {
    expect(JSON.parse(await run(program("")))).to.deep.equal({ first: "durable", second: "durable" });
    expect(control.counts.writes).to.be.greaterThan(4);
    expect(control.counts.syncs).to.be.greaterThan(1);
    expect(control.counts.faults).to.equal(0);
  });

  it("is full: the store says that nothing was written and that a later append may succeed", async () => {
    const { first, second } = JSON.parse(await run(program(set(1)))) as { first: string; second: string };
    expect(first).to.equal("durable");
    expect(second).to.match(/^STORE_WRITE_FAILED false .*full/);
    expect(control.counts.faults).to.be.greaterThan(0);
  });

  it("fails to sync: the store says that it is done for", async () => {
    const { second } = JSON.parse(await run(program(set(2)))) as { second: string };
    expect(second).to.match(/^STORE_WRITE_FAILED true /);
    expect(control.counts.faults).to.be.greaterThan(0);
  });

  for (const hours of [3, -3]) {
    it(`steps the system clock by ${hours} hours, and the monotonic one not at all`, async () => {
      control.stepClock(hours * 3_600_000);
      const said = await run("console.log(JSON.stringify({ now: Date.now(), at: performance.now() }))");
      const { now, at } = JSON.parse(said) as { now: number; at: number };
      expect(now - Date.now()).to.be.closeTo(hours * 3_600_000, 30_000);
      expect(at).to.be.within(0, 30_000);
      expect(control.counts.clockReads).to.be.greaterThan(0);
    });
  }
});
