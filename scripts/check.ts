// `npm run check`: lint, format and types. Ends with code 1 if anything is not as it should be.
import { build, checks, runAll, runStage } from "./stages.ts";

const built = await runStage(build);
const results = built.ok ? await runAll(checks) : [built];
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
