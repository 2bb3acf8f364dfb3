import { RpcUnanswered } from "../chain/rpc/rpc.ts";

/** What `work` gives, or doubt after so many milliseconds; libraries wait for minutes. @throws RpcUnanswered */
export async function withinMs<T>(ms: number, method: string, work: Promise<T>): Promise<T> {
  const late = Promise.withResolvers<never>();
  const timer = setTimeout(() => {
    late.reject(new RpcUnanswered(method, "the provider", `nothing within ${ms} ms`));
  }, ms).unref();
  try {
    return await Promise.race([work, late.promise]);
  } finally {
    clearTimeout(timer);
    work.catch(() => undefined); // an answer that comes after all
  }
}
