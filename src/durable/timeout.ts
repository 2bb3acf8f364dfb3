/** What `work` gives, or the error of `late` after so many milliseconds: libraries wait for minutes, or for ever. */
export async function withinMs<T>(ms: number, work: Promise<T>, late: () => Error): Promise<T> {
  const over = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    over.reject(late());
  }, ms).unref();
  try {
    return await Promise.race([work, over.promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined); // an answer that comes after all
  }
}
