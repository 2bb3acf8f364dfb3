/** The candidate that a typing error most likely meant, or undefined where none is near: at most a third of it may differ. */
export function nearest(typed: string, candidates: readonly string[]): string | undefined {
  const scored = candidates.map((candidate) => ({ candidate, distance: distance(typed.toLowerCase(), candidate.toLowerCase()) }));
  const [best] = scored.toSorted((a, b) => a.distance - b.distance);
  return best !== undefined && best.distance <= Math.ceil(best.candidate.length / 3) ? best.candidate : undefined;
}

/** Levenshtein distance, by rows (Wagner and Fischer 1974). */
function distance(a: string, b: string): number {
  let above = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 0; i < a.length; i++) {
    const row = [i + 1];
    for (let j = 0; j < b.length; j++) {
      const swap = (above[j] ?? 0) + (a[i] === b[j] ? 0 : 1);
      row.push(Math.min(swap, (above[j + 1] ?? 0) + 1, (row[j] ?? 0) + 1));
    }
    above = row;
  }
  return above[b.length] ?? 0;
}
