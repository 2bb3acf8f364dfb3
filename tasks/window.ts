import { InvalidArgument } from "./arguments.ts";

export const machineClock = "the window is by this machine's clock; the chain's may differ by some seconds";

export const timeOf = (second: number): string => new Date(second * 1_000).toISOString();

/** Beginning of a window: an ISO time, or seconds from now; nothing where none is given. @throws InvalidArgument */
export function fromOption(text: string, nowMs: number): { readonly from?: number } {
  if (text === "") return {};
  const ms = /^\+\d{1,9}$/.test(text) ? nowMs + Number(text) * 1_000 : /^\d{4}-\d\d-\d\dT/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(ms)) {
    const example = "--from 2027-01-01T12:00:00Z, or --from +3600";
    throw new InvalidArgument("--from", `is '${text}', and must be an ISO time or seconds from now`, example);
  }
  return { from: Math.floor(ms / 1_000) };
}
