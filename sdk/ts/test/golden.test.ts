import { describe, expect, test } from "vitest";
import { ApiError, type Client, type Consumption } from "../src/index.js";
import { clientOf } from "./server.js";
import { api } from "./vectors.js";

interface Exchange {
  name: string;
  method: string;
  path: string;
  headers: Record<string, string>;
  payload_json?: string;
  http_status: number;
  answer: { code: number; message: string; data: object };
}
const { exchanges } = api<{ exchanges: Exchange[] }>("vectors/golden.json");

const consumption: Consumption = {
  machine_no: "16327129",
  code: "5288640",
  product_id: 131,
  notify_url: "https://merchant.example/notify",
  trade_id: "800a7e9500d345c8987d3aafa412c77d",
};
const dashed = "800a7e95-00d3-45c8-987d-3aafa412c77d";
const consume = (change: Partial<Consumption>) => async (client: Client) => {
  const { replayed: _, ...order } = await client.consume({ ...consumption, ...change });
  return order;
};
const query = (id: number | string) => (client: Client) => client.order("16327129", id);

// How a client makes each exchange. Some are about requests no client makes: there only the answer counts.
const calls: Record<string, (client: Client) => Promise<unknown>> = {
  ping: (client) => client.ping(),
  "ping with an unknown AppId": (client) => client.ping(),
  "consumption without notify_url": consume({ notify_url: undefined as unknown as string }),
  "consumption with the sign of another payload": consume({ code: "5288641" }),
  "usable codes of the product": (client) => client.codes("16327129", 131),
  consumption: consume({}),
  "the same call again": consume({}),
  "the same call with a dashed trade_id": consume({ trade_id: dashed }),
  "another code with the same trade_id": consume({ code: "5288641" }),
  "query by order_id": query(60),
  "query by trade_id": query(consumption.trade_id),
  "query by dashed trade_id": query(dashed),
  "unknown route": (client) => client.ping(),
};

describe("golden.json", () => {
  test.each(exchanges)("$name", async (e) => {
    const ours = exchanges.find((x) => x.name === "query by trade_id")!.answer;
    const { client, received } = clientOf([{ status: e.http_status, answer: e.answer }, { answer: ours }], {
      appId: e.headers.Appid!,
    });
    const result = calls[e.name]!(client);
    if (e.answer.code === 0) expect(await result).toEqual(e.answer.data === ("pong" as unknown) ? undefined : e.answer.data);
    else if (e.answer.code === 10025) expect(await result).toEqual(ours.data);
    else {
      const error = await result.catch((error: unknown) => error);
      expect(error).toBeInstanceOf(ApiError);
      expect(error).toMatchObject({ code: e.answer.code, httpStatus: e.http_status, data: e.answer.data });
    }
    expect(received[0]!.method).toBe(e.method);
    if (e.name !== "unknown route") expect(`/api/openapi/v1${received[0]!.path}`).toBe(e.path);
    expect(received[0]!.headers).toMatchObject(e.headers);
    if (!e.payload_json) return;
    const { sign, timestamp, ...members } = JSON.parse(e.payload_json) as Record<string, string>;
    expect([sign?.length, timestamp]).toEqual([32, "1714353655"]);
    expect(received[0]!.payload).toEqual(members);
  });
});
