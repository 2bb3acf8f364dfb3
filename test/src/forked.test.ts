import { expect } from "chai";
import { mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { Forked, type Hearing } from "../../src/forked.ts";

describe("A program in a process of its own", function () {
  this.timeout(60_000);
  let folder: string;
  let echo: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), "mintd-forked-"));
    echo = join(folder, "echo.mjs");
    await writeFile(echo, `process.on("message", (m) => (m === "die" ? process.exit(7) : m === "hang" ? undefined : process.send(m)));`);
  });
  after(() => rm(folder, { recursive: true, force: true }));

  const hearing: Hearing<string, string> = {
    hear: (answer, { resolve }) => {
      resolve(answer);
    },
    failed: (why) => new Error(why),
  };
  const failure = (asked: Promise<unknown>): Promise<string> =>
    asked.then(
      () => "it answered",
      (error: unknown) => (error as Error).message,
    );

  it("answers, one question after the other", async () => {
    const program = new Forked(echo);
    expect(await program.ask("one", hearing)).to.equal("one");
    expect(await program.ask("two", hearing)).to.equal("two");
    expect(program.ended).to.equal(undefined);
    await program.kill();
  });

  it("that dies fails whoever waits, and whoever asks later, at once", async () => {
    const program = new Forked(echo);
    expect(await failure(program.ask("die", hearing))).to.equal("it ended with code 7");
    expect(await failure(program.ask("one", hearing))).to.equal("it ended with code 7");
    program.tell("nobody hears this");
    await program.kill(); // which is over
  });

  it("that cannot be started fails in the same way, instead of never answering", async () => {
    const program = new Forked(echo, { cwd: join(folder, "nowhere") });
    expect(await failure(program.ask("one", hearing))).to.match(/^it does not start: .*ENOENT/);
    expect(await failure(program.ask("one", hearing))).to.match(/^it does not start/);
    await program.kill();
  });

  it("is killed in the middle of its work", async () => {
    const program = new Forked(echo);
    expect(await program.ask("one", hearing)).to.equal("one");
    const asked = failure(program.ask("hang", hearing));
    await program.kill();
    expect(await asked).to.equal("it ended with SIGKILL");
  });
});
