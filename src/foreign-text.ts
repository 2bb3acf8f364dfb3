/** Characters of foreign text that are shown. */
export const mostText = 300;

/** Everything that is not seen, or moves what is: controls, line ends, changes of direction, and what no font has. */
const unseen = /[\p{C}\p{Zl}\p{Zp}]/gu;

/** In one line, with unseen characters as `\u{1b}`. */
export const visible = (text: string): string => text.replace(unseen, (each) => `\\u{${each.codePointAt(0)?.toString(16) ?? ""}}`);

/** Text whose author is not known, for a terminal: in one line that nothing is hidden by, of at most so many characters. */
export function foreignText(text: string, most = mostText): string {
  const { shown, note } = cut(text, most);
  return `${visible(shown)}${note}`;
}

/** As above, in quotes, and what is in them as JSON has it. */
export function quotedText(text: string, most: number): string {
  const { shown, note } = cut(text, most);
  return `${visible(JSON.stringify(shown))}${note}`;
}

function cut(text: string, most: number): { readonly shown: string; readonly note: string } {
  const characters = Array.from(text);
  const left = characters.length - most;
  return left > 0 ? { shown: characters.slice(0, most).join(""), note: `… (${left} more characters)` } : { shown: text, note: "" };
}
