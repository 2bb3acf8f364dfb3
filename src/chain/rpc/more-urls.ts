import { MintdError } from "../../error.ts";

/** Holds further endpoints of the network, separated by commas. In the environment and in no file, because URLs are secrets. */
export const MORE_URLS = "MINTD_RPC_MORE_URLS";

/** A further endpoint is no URL. Which one is told by its place, since the text may hold a key. */
export class InvalidRpcUrl extends MintdError {
  readonly code = "INVALID_RPC_URL";
  constructor(place: number) {
    super(`${MORE_URLS}: URL ${place} is not one that starts with http:// or https://`, {
      hint: `separate the URLs by commas, for example: ${MORE_URLS}=https://one.example/key,https://two.example`,
    });
  }
}

/**
 * The URLs in the value of `MINTD_RPC_MORE_URLS`, in their order; none where it is not set.
 * @throws InvalidRpcUrl
 */
export function moreUrls(text: string | undefined): string[] {
  if (text === undefined || text.trim() === "") return [];
  return text.split(",").map((each, i) => {
    const url = each.trim();
    if (!/^https?:\/\//i.test(url) || !URL.canParse(url)) throw new InvalidRpcUrl(i + 1);
    return url;
  });
}
