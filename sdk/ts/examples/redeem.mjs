// Makes a pickup code, redeems it, has the machine drop the goods, and verifies the callback.
//
//   PLATFORM_URL=… APPID=… APP_SECRET=… APP_KEY=… WEBHOOK_SECRET=… MACHINE_NO=… PRODUCT_ID=… node redeem.mjs
//
// The callback comes to this computer: the platform must be on it too and have callback.allow_private set.
import { randomUUID } from "node:crypto";
import { createServer } from "node:http";
import { CallbackVerifier, Client } from "@vendlane/client";

const { PLATFORM_URL, APPID, APP_SECRET, APP_KEY, WEBHOOK_SECRET, MACHINE_NO: machine_no, PRODUCT_ID } = process.env;
const product_id = Number(PRODUCT_ID);
const client = new Client({ baseUrl: PLATFORM_URL, appId: APPID, appSecret: APP_SECRET, appKey: APP_KEY });

// The notify_url: answer soon, work later.
const verifier = new CallbackVerifier({ webhookSecrets: [WEBHOOK_SECRET], appKeys: [APP_KEY] });
const { promise: arrived, resolve, reject } = withResolvers();
const server = createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  try {
    const callback = await verifier.verify(request.headers, Buffer.concat(chunks));
    response.writeHead(204).end();
    resolve(callback);
  } catch (error) {
    response.writeHead(401).end();
    reject(error);
  }
});
await new Promise((listening) => server.listen(0, "127.0.0.1", listening));
const notify_url = `http://127.0.0.1:${server.address().port}/notify`;
setTimeout(() => reject(new Error("no callback in time")), 60_000).unref();

try {
  await client.issueCodes({ machine_no, product_id });
  const { code } = (await client.codes(machine_no, product_id)).at(-1);
  console.log(`code ${code}`);

  // In a shop the trade_id is stored before the call, so that the same call can be made again after a crash.
  const consumption = { machine_no, code, product_id, notify_url, trade_id: randomUUID() };
  const order = await client.consume(consumption);
  const again = await client.consume(consumption);
  console.log(`order ${order.order_id} ${order.status}, asked again: order ${again.order_id}`);

  const { delivery_id } = await client.deliver({ machine_no, order_id: order.order_id, record_id: order.records[0].id });
  console.log(`delivery ${delivery_id}`);

  const callback = await arrived;
  console.log(`callback ${callback.id} for delivery ${callback.delivery_id}: ${callback.success ? "dropped" : callback.error_msg}`);

  const { state } = await client.delivery(machine_no, delivery_id);
  console.log(`state ${state}`);
} finally {
  server.close();
}

/** Promise.withResolvers, which Node 20 lacks. */
function withResolvers() {
  const parts = {};
  parts.promise = new Promise((resolve, reject) => Object.assign(parts, { resolve, reject }));
  parts.promise.catch(() => {}); // it may fail before anybody waits
  return parts;
}
