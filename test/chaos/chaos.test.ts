import { expect } from "chai";
import pLimit from "p-limit";
import { replayCommand, type Report } from "./report.ts";
import { run } from "./run.ts";
import { writeAheadPoints } from "../../src/write-ahead.ts";
import { faultNames, scheduleOf, type ScheduleOptions } from "./schedule.ts";

/** Runs at the same time: each waits most of its time for blocks. */
const together = 4;

const small = { orders: 40, users: 5 };
const alone: readonly ScheduleOptions[] = faultNames
  .filter((fault) => fault !== "kill-at")
  .map((fault, i) => ({ seed: 100 + i, fault, ...small }));
const everyPoint: ScheduleOptions = { seed: 3, fault: "kill-at", orders: 100, users: 10 };
const allTogether: readonly ScheduleOptions[] = [1, 2, 3].map((seed) => ({ seed, orders: 80, users: 10 }));
/** The longest first. */
const all = [everyPoint, ...allTogether, ...alone];

/** What each run came to; started in their order, so many at a time, when the first of them is asked for. */
class Runs {
  readonly #started = new Map<ScheduleOptions, Promise<Report>>();

  async report(options: ScheduleOptions): Promise<Report> {
    if (this.#started.size === 0) this.#startAll();
    return this.#started.get(options) ?? run(options);
  }

  async end(): Promise<void> {
    await Promise.allSettled(this.#started.values());
  }

  #startAll(): void {
    const limit = pLimit(together);
    for (const options of all) {
      const report = limit(() => run(options));
      report.catch(() => undefined); // heard by the test that it belongs to
      this.#started.set(options, report);
    }
  }
}

function expectEveryLaw(report: Report): void {
  const { problems, schedule, logPath } = report;
  const words = problems.slice(0, 10).map((problem) => `${problem.law}: ${problem.words}`);
  expect(problems, [...words, `replay: ${replayCommand(schedule)}`, `logs: ${logPath}`].join("\n")).to.have.lengthOf(0);
  expect(report.accepted).to.be.at.least(schedule.orders);
}

/** That the fault really happened, where it can be seen from outside; otherwise the test would test nothing. */
const happened: Readonly<Record<string, (report: Report) => boolean>> = {
  reject: ({ endpoints }) => endpoints.some(({ reject }) => reject > 0),
  "lose-response": ({ endpoints }) => endpoints.some(({ loseResponse }) => loseResponse > 0),
  drop: ({ endpoints }) => endpoints.some(({ drop }) => drop > 0),
  duplicate: ({ endpoints }) => endpoints.some(({ duplicate }) => duplicate > 0),
  stale: ({ endpoints }) => endpoints.some(({ stale }) => stale > 0),
  lag: ({ endpoints }) => endpoints.some(({ lag }) => lag > 0),
  down: ({ endpoints }) => endpoints.every(({ down }) => down > 0),
  kill: ({ lives }) => lives > 4,
  reorg: ({ findings }) => findings.takenBack > 0,
  "disk-full": ({ disk }) => disk.faults > 0,
  "sync-fails": ({ disk }) => disk.faults > 0,
  "clock-step": ({ disk }) => disk.clockReads > 0,
};

describe("chaos: the service under faults", function () {
  this.timeout(480_000);
  const runs = new Runs();
  after(() => runs.end());

  it(`dies at every labelled point and goes on: ${replayCommand(scheduleOf(everyPoint))}`, async () => {
    const report = await runs.report(everyPoint);
    expectEveryLaw(report);
    expect(report.unreached).to.deep.equal([]);
    expect(report.lives).to.be.greaterThan(writeAheadPoints.length);
  });

  for (const options of allTogether) {
    it(`keeps every law with all kinds of faults: ${replayCommand(scheduleOf(options))}`, async () => {
      expectEveryLaw(await runs.report(options));
    });
  }

  for (const options of alone) {
    const fault = options.fault ?? "";
    it(`keeps every law with ${fault} alone: ${replayCommand(scheduleOf(options))}`, async () => {
      const report = await runs.report(options);
      expectEveryLaw(report);
      expect(happened[fault]?.(report) ?? true, `${fault} happened`).to.equal(true);
    });
  }
});
