interface How {
  readonly crlf: boolean;
  readonly quoteAll: boolean;
  readonly mark: boolean;
}

/** RFC 4180 as other programs write it: quotes where they must be, or everywhere. */
export function stringify(header: readonly string[], rows: readonly (readonly string[])[], { crlf, quoteAll, mark }: How): string {
  const field = (value: string) => (quoteAll || /[",\n\r]/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);
  const end = crlf ? "\r\n" : "\n";
  return (mark ? "\ufeff" : "") + [header, ...rows].map((row) => row.map(field).join(",") + end).join("");
}
