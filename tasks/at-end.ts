type Close = () => Promise<void> | void;

/** What the running task has opened, in that order. */
const opened: Close[] = [];

/** Is done when the task ends, whichever way, after what was opened later. */
export function atEnd(close: Close): void {
  opened.push(close);
}

/** Closes everything; what fails hinders none of the rest. @throws the first failure */
export async function closeAll(): Promise<void> {
  const failures: unknown[] = [];
  for (let close = opened.pop(); close; close = opened.pop()) {
    try {
      await close();
    } catch (error) {
      failures.push(error);
    }
  }
  if (failures.length > 0) throw failures[0];
}
