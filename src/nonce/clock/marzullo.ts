/** What one source says: the value lies between the two, both ends included. */
export interface Interval {
  readonly low: number;
  readonly high: number;
}

/** The values that the largest number of sources admits. */
export interface Agreement extends Interval {
  /** How many sources admit its ends. */
  readonly agreeing: number;
}

/**
 * Marzullo's algorithm: of several intervals, some of which may be wrong, the values that most of them admit.
 *
 * Where several separate stretches are admitted by the same largest number, the answer runs from the first to the last of
 * them: nothing says which is right, so none is chosen.
 * @returns undefined where there is no interval
 *
 * @example
 * marzullo([{ low: 8, high: 12 }, { low: 11, high: 13 }, { low: 10, high: 12 }]); // { low: 11, high: 12, agreeing: 3 }
 */
export function marzullo(intervals: readonly Interval[]): Agreement | undefined {
  // A beginning before an end at the same value: intervals that touch in one point agree on it.
  const edges = intervals
    .flatMap(({ low, high }) => [
      { at: low, step: 1 },
      { at: high, step: -1 },
    ])
    .sort((a, b) => a.at - b.at || b.step - a.step);
  let [agreeing, most] = [0, 0];
  let [low, high] = [0, 0];
  for (const { at, step } of edges) {
    const leavesMost = step < 0 && agreeing === most;
    if (leavesMost) high = at;
    agreeing += step;
    if (agreeing > most) {
      most = agreeing;
      low = at;
    }
  }
  return most === 0 ? undefined : { low, high, agreeing: most };
}
