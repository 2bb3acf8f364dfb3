import type { Clock } from "../../clock.ts";
import { levelDepth, type OrderEvent, orderStream } from "../../order/index.ts";
import type { EventStore, NewEvent, StreamId, StreamWrite } from "../../store/index.ts";
import type { Minted } from "../../voucher/index.ts";
import { patiently } from "../patience.ts";
import type { Located, MintLogReader } from "./mint-logs.ts";
import { headOf, type Rpc } from "../rpc/rpc.ts";

export interface AdoptionParts {
  readonly store: EventStore;
  readonly rpc: Rpc;
  readonly reader: MintLogReader;
  readonly chainId: number;
  readonly minter: string;
  readonly deployedAt: number;
  readonly clock: Clock;
}

/** The stream that is marked when a store knows what the minter did before it. */
export const adoptionStream = (chainId: number, minter: string): StreamId => `adoption/${chainId}/${minter.toLowerCase()}`;

/**
 * Teaches a store what a minter did before the store knew it: every mint on the chain becomes an order here. Done once for
 * each minter. Without it a store that was lost, or a second machine, would mint a list again that the chain has already.
 * Numbers need no care: a new store hands them out in a slice of its own.
 *
 * Race: the process may die in the middle. Mitigation: what is adopted already is passed over, and the mark that all is
 * adopted is written last. What remains: two machines that mint from two stores at the same time know nothing of each
 * other's orders that are under way.
 * @returns how many mints were adopted
 * @throws RpcUnanswered, RpcRefused; the reader has been patient already, so it is not for the caller to repeat this
 */
export async function adoptHistory({ store, rpc, reader, chainId, minter, deployedAt, clock }: AdoptionParts): Promise<number> {
  const mark = adoptionStream(chainId, minter);
  const [marked = 0] = await store.versions([mark]);
  if (marked > 0) return 0;
  const head = await patiently(clock, () => headOf(rpc));
  let adopted = 0;
  for await (const { minted } of reader.inRange(deployedAt, head)) {
    adopted += await adopt(store, minter, minted, head);
  }
  await store.append([{ stream: mark, expected: 0, events: [{ kind: "adopted", data: { head, orders: adopted } }] }]);
  return adopted;
}

/** Orders that one append adopts. */
const chunk = 500;

async function adopt(store: EventStore, minter: string, minted: readonly Located<Minted>[], head: number): Promise<number> {
  let adopted = 0;
  for (let start = 0; start < minted.length; start += chunk) {
    const piece = minted.slice(start, start + chunk);
    const versions = await store.versions(piece.map(({ log }) => orderStream(log.orderId)));
    const fresh = new Map(piece.filter((_, i) => versions[i] === 0).map((mint) => [mint.log.orderId, mint]));
    const writes = [...fresh.values()].map((mint): StreamWrite => ({
      stream: orderStream(mint.log.orderId),
      expected: 0,
      events: lifeOf(mint, minter, head),
    }));
    if (writes.length > 0) await store.append(writes);
    adopted += writes.length;
  }
  return adopted;
}

/** What the chain tells of an order. Tenant, key and URI are not on the chain; `null` as the key says so. */
function lifeOf({ log, block, blockHash, txHash }: Located<Minted>, minter: string, head: number): NewEvent[] {
  const request = { tenant: "", key: null, to: log.to, quantity: Number(log.quantity), uriDigest: "", minter };
  const events: OrderEvent[] = [
    { kind: "requested", data: request },
    { kind: "authorised", data: { number: log.txCount.toString(), second: 0 } },
    { kind: "tentative", data: { block, blockHash, txHash, firstTokenId: log.firstTokenId.toString() } },
  ];
  if (head - block + 1 >= levelDepth.auditable) events.push({ kind: "auditable", data: { head } });
  if (head - block + 1 >= levelDepth.final) events.push({ kind: "final", data: { head } });
  return events as unknown as NewEvent[];
}
