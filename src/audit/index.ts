export { type ExpectedMint, type Finding, verifyList, type VerifyReport } from "./verify-list.ts";
