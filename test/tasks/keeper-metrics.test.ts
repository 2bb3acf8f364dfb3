import { expect } from "chai";
import { askMetrics, castKeeperTelemetry, TelemetryPortInUse } from "../../src/telemetry/index.ts";
import { InvalidArgument } from "../../tasks/arguments.ts";
import { closeAll } from "../../tasks/at-end.ts";
import { servedMetrics } from "../../tasks/keeper-metrics.ts";
import { freePort } from "../anvil.ts";
import { failure } from "../src/store/expectations.ts";
import { valueOf } from "../src/telemetry/scraped.ts";

describe("The option --metrics-port of a keeper", () => {
  const open = () => castKeeperTelemetry({ clock: { now: () => 0 } });
  afterEach(() => closeAll());

  it("serves what the keeper tells until the task ends, and is refused where another listens", async () => {
    const port = await freePort();
    const hear = await servedMetrics(port, open);
    hear({ kind: "trouble", error: new Error("nobody answers") });
    expect(valueOf(await askMetrics(port), "mintd_cast_keeper_events_total", { kind: "trouble" })).to.equal(1);
    const inUse = await failure("TELEMETRY_PORT_IN_USE", servedMetrics(port, open));
    expect(inUse).to.be.instanceOf(TelemetryPortInUse).with.property("hint").that.contains("--metrics-port");
    await closeAll();
    await failure("TELEMETRY_NOT_RUNNING", askMetrics(port));
  });

  it("opens nothing where it is 0, and takes no port of the system's", async () => {
    let opened = 0;
    const counted = () => {
      opened++;
      return open();
    };
    (await servedMetrics(0, counted))({ kind: "trouble", error: undefined });
    for (const port of [-1, 80, 65_536]) {
      expect(await failure("INVALID_ARGUMENT", servedMetrics(port, counted))).to.be.instanceOf(InvalidArgument);
    }
    expect(opened).to.equal(0);
  });
});
