/** What one source says: the value lies between the two, both ends included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** From the first to the last value that enough sources admit. */
export interface Agreement extends Interval {
  /** The largest number of sources that admit one and the same value. */
  readonly agreeing: number;
}

/**
 * Marzullo's algorithm: of several intervals, some of which may be wrong, the values that enough of them admit.
 *
 * Where those are several separate stretches, the answer runs from the first to the last of them: nothing says which is
 * right, so none is chosen. With `least` more than half of the sources, the answer holds the truth whenever at least so many
 * of them do. The largest number that agrees promises less: a wrong source that overlaps the right ones by a sliver makes
 * that sliver the answer.
 * @param least how many must admit a value; by default the largest number that any value has
 * @returns undefined where no value has so many
 *
 * @example
 * marzullo([{ low: 8, high: 12 }, { low: 11, high: 13 }, { low: 10, high: 12 }]); // { low: 11, high: 12, agreeing: 3 }
 */
export function marzullo(intervals: readonly Interval[], least?: number): Agreement | undefined {
  // A beginning before an end at the same value: intervals that touch in one point agree on it.
  const edges = intervals
    .flatMap(({ low, high }) => [
      { at: low, step: 1 },
      { at: high, step: -1 },
    ])
    .sort((a, b) => a.at - b.at || b.step - a.step);
  let count = 0;
  const counted = edges.map(({ at, step }) => ({ at, admitting: step > 0 ? (count += step) : (count += step) - step }));
  const agreeing = Math.max(0, ...counted.map(({ admitting }) => admitting));
  const enough = counted.filter(({ admitting }) => admitting >= (least ?? agreeing));
  const [first, last] = [enough.at(0), enough.at(-1)];
  return first && last && { low: first.at, high: last.at, agreeing };
}
