import type { EventStore, StreamId } from "../store/event-store.ts";
import type { TaskEvent } from "./task-queue.ts";

/** Of each stream so many events, of so many streams; enough to see what led there, bounded whatever the streams hold. */
const EVENTS = 8;
const STREAMS = 16;

/**
 * The last events of the streams that a task is about, in global order. They are read when it dies and not carried from the
 * start, since what happened while it was tried matters as much as what came before.
 */
export async function lastEvents(store: EventStore, streams: readonly StreamId[]): Promise<TaskEvent[]> {
  const some = streams.slice(0, STREAMS);
  const versions = await store.versions(some);
  const events: TaskEvent[] = [];
  for (const [i, stream] of some.entries()) {
    for await (const { position, kind } of store.read(stream, Math.max(1, (versions[i] ?? 0) - EVENTS + 1))) {
      events.push({ position, stream, kind });
    }
  }
  return events.sort((a, b) => a.position - b.position);
}
