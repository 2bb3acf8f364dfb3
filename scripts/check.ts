// `npm run check`: lint, format and types. Ends with code 1 if anything is not as it should be.
import { build, runAll, textChecks, typeChecks } from "./stages.ts";

const early = await runAll([build, ...textChecks]);
const built = early.some(({ name, ok }) => name === build.name && ok);
const results = built ? [...early, ...(await runAll(typeChecks))] : early;
process.exitCode = results.every(({ ok }) => ok) ? 0 : 1;
