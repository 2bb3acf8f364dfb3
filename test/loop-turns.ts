/** Counts the turns that the event loop makes until `end` is called. It turns as often as it can meanwhile. */
export function countTurns(): { end(): number } {
  let turns = 0;
  let next = setImmediate(function turn() {
    turns++;
    next = setImmediate(turn);
  });
  return {
    end() {
      clearImmediate(next);
      return turns;
    },
  };
}
