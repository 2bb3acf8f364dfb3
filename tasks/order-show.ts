import type { NewTaskActionFunction } from "hardhat/types/tasks";
import { OrderNotFound, orderStream, readOrder } from "../src/order/index.ts";
import { openSqliteStore, type StoredEvent } from "../src/store/index.ts";
import { orderIdOf } from "../src/voucher/index.ts";
import { taskContext } from "./context.ts";
import { factTable, print, reporting, rowTable } from "./print.ts";

const action: NewTaskActionFunction<{ readonly id: string; readonly json: boolean }> = ({ id, json }, hre) =>
  reporting(json, async () => {
    const { storePath, config } = await taskContext(hre);
    const orderId = /^0x[0-9a-fA-F]{64}$/.test(id) ? id.toLowerCase() : orderIdOf(config.tenant, id);
    const store = await openSqliteStore({ path: storePath, readOnly: true });
    try {
      const order = await readOrder(store, orderId);
      if (!order) throw new OrderNotFound(orderId);
      const events: StoredEvent[] = [];
      for await (const event of store.read(orderStream(orderId))) events.push(event);
      const { request, kind, voucher, carrier, inclusion } = order;
      print(json, { ...order, events }, () =>
        [
          factTable([
            ["order", orderId],
            ["id", request.key ?? "-"],
            ["state", kind],
            ["to", request.to],
            ["quantity", request.quantity],
            ["voucher number", voucher?.number ?? "-"],
            ["transaction", inclusion?.txHash ?? carrier?.hash ?? "-"],
            ["lane and nonce", carrier ? `${carrier.lane} ${carrier.nonce}` : "-"],
            ["block", inclusion?.block ?? "-"],
            ["first token", inclusion?.firstTokenId ?? "-"],
          ]),
          rowTable(
            ["version", "event", "at", "what"],
            events.map((event) => [event.version, event.kind, new Date(event.at).toISOString(), summaryOf(event)]),
          ),
        ].join("\n"),
      );
    } finally {
      await store.close();
    }
  });

/** The event's data on one line, long hexadecimal shortened. */
function summaryOf({ data }: StoredEvent): string {
  return Object.entries(data as Record<string, unknown>)
    .filter(([key]) => key !== "tenant" && key !== "key")
    .map(([key, value]) => `${key} ${String(value).replace(/^(0x[0-9a-fA-F]{8})[0-9a-fA-F]{12,}$/, "$1…")}`)
    .join(", ");
}

export default action;
