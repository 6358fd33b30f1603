import { ErrorCode } from "./codes.js";
import { ApiError } from "./errors.js";
import { type CallOptions, type ClientOptions, type Fields, Transport } from "./transport.js";
import type * as t from "./types.js";

/**
 * A merchant's view of the platform: one method per endpoint of openapi.md §7. Every method throws
 * ApiError if the platform refuses, NoAnswerError if it cannot be reached, and repeats the call after a
 * lost answer where that is safe.
 */
export class Client {
  private readonly transport: Transport;

  constructor(options: ClientOptions) {
    this.transport = new Transport(options);
  }

  /** Tests the credentials (§7.1). */
  async ping(options?: CallOptions): Promise<void> {
    await this.transport.send({ verb: "POST", path: "/ping", repeatable: true }, options);
  }

  /** Your machines (§7.2). */
  machines(options?: CallOptions): Promise<t.MachineSummary[]> {
    return this.transport.send({ verb: "POST", path: "/rent/machines", repeatable: true }, options);
  }

  /** One machine (§7.3). */
  async machine(machine_no: string, options?: CallOptions): Promise<t.Machine> {
    return this.transport.send({ verb: "POST", path: `/rent/machines/${segment(machine_no)}`, repeatable: true }, options);
  }

  /** A page of the products on sale (§7.4). Without any product it is empty, with total 0. */
  async products(machine_no: string, filter: t.ProductFilter = {}, options?: CallOptions): Promise<t.ProductPage> {
    const page = await this.read<t.ProductPage | []>("/products", { machine_no, ...filter }, options);
    if (!Array.isArray(page)) return page;
    return { data: [], total: 0, current_page: filter.page ?? 1, last_page: 1, per_page: filter.per_page ?? 10 };
  }

  /** The channels in the form of old clients (§7.5); new ones read products and machine. */
  floors(machine_no: string, options?: CallOptions): Promise<t.Floor[]> {
    return this.read("/floors", { machine_no }, options);
  }

  /** Visible categories (§7.6). */
  categories(machine_no: string, options?: CallOptions): Promise<t.Category[]> {
    return this.read("/categories", { machine_no }, options);
  }

  /** Pictures of the carousel (§7.7). */
  banners(machine_no: string, options?: CallOptions): Promise<t.Banner[]> {
    return this.read("/banners", { machine_no }, options);
  }

  /**
   * Makes codes of one product (§7.8); codes lists them. Never repeated: after a NoAnswerError look
   * at the list first, since a second call makes more codes.
   */
  async issueCodes(codes: t.NewCodes, options?: CallOptions): Promise<void> {
    await this.change("POST", "/pickup_codes", { method: "pickup_code.product.id", ...codes }, false, options);
  }

  /** Makes one code of every product on sale (§7.9). Never repeated, as issueCodes. */
  async issueCodesForAll(codes: t.NewCodesForAll, options?: CallOptions): Promise<void> {
    await this.change("POST", "/pickup_codes", { method: "pickup_code.product.all", ...codes }, false, options);
  }

  /** Cancels a code by the id of its row (§7.10). */
  async cancelCode(machine_no: string, id: number, options?: CallOptions): Promise<void> {
    await this.change("PUT", "/pickup_codes", { method: "pickup_code.delete.id", machine_no, id }, true, options);
  }

  /**
   * Cancels all unused codes of a machine (§7.11). Never repeated: a second call would cancel codes made
   * in between.
   */
  async cancelAllCodes(machine_no: string, options?: CallOptions): Promise<void> {
    await this.change("PUT", "/pickup_codes", { method: "pickup_code.delete.all", machine_no }, false, options);
  }

  /** The usable codes of a product (§7.12). */
  async codes(machine_no: string, product_id: number, options?: CallOptions): Promise<t.PickupCode[]> {
    return this.read(`/products/${segment(product_id)}/pickup_code`, { machine_no }, options);
  }

  /**
   * Redeems a pickup code (§7.13) by the recipe of consume.md §6: the call is repeated with the same
   * trade_id after a lost answer, and a code that was used by this very trade_id is a success. Also a
   * later call with the same arguments returns the same order, so a restarted program may simply call again.
   */
  async consume(consumption: t.Consumption, options?: CallOptions): Promise<t.Redemption> {
    try {
      const fields = { method: "event.consume.pickup_code", ...consumption };
      const order = await this.change<t.Order>("POST", "/consumes", fields, true, options);
      return { ...order, replayed: false };
    } catch (error) {
      const order =
        isRefusal(error, ErrorCode.PickupCodeUsed) &&
        (await this.orderOf(consumption.machine_no, consumption.trade_id, error.data.order_id, options));
      if (order) return { ...order, replayed: true };
      throw error;
    }
  }

  /**
   * Makes an unpaid order and reserves the stock for 20 minutes (§7.14). If the platform says after a lost
   * answer that the trade_id exists, and its order has these lines, that order is the result.
   */
  async createOrder(order: t.NewOrder, options?: CallOptions): Promise<{ order_id: number }> {
    try {
      return await this.transport.send({ verb: "POST", path: "/orders", body: order, repeatable: true }, options);
    } catch (error) {
      const made =
        isRefusal(error, ErrorCode.TradeIDExists) &&
        error.afterLostAnswer &&
        (await this.orderOf(order.machine_no, order.trade_id, error.data.order_id, options));
      if (made && hasLines(made, order.products)) return { order_id: made.order_id };
      throw error;
    }
  }

  /** An order by its id or by your trade_id (§7.15). An order that expired unpaid is refused with 40005. */
  async order(machine_no: string, id: number | string, options?: CallOptions): Promise<t.Order> {
    return this.read(`/orders/${segment(id)}`, { machine_no }, options);
  }

  /** Tells the result of a payment, or cancels the order (§7.16). */
  async updateOrder(machine_no: string, id: number | string, status: t.OrderStatus, options?: CallOptions): Promise<void> {
    await this.change("PUT", `/orders/${segment(id)}`, { machine_no, status }, true, options);
  }

  /**
   * Has a machine drop one record of an order (§7.17). It returns before the goods fall; the result comes
   * as a callback. Never repeated: if the machine had tried and failed in between, that would be a new
   * attempt. After a NoAnswerError call it again yourself: the refusal 40008 names the delivery of the first.
   */
  deliver(delivery: t.Dispense, options?: CallOptions): Promise<t.Delivery> {
    return this.change("POST", "/deliveries", { method: "device.delivery.put", ...delivery }, false, options);
  }

  /** How a delivery stands (§7.18). */
  async delivery(machine_no: string, delivery_id: string, options?: CallOptions): Promise<t.Delivery> {
    const answer = await this.read<Omit<t.Delivery, "delivery_id">>(`/deliveries/${segment(delivery_id)}`, { machine_no }, options);
    return { delivery_id, ...answer };
  }

  /** Tests one channel (§7.19). Never repeated: a second call drops a second piece. */
  testDelivery(delivery: t.TestDispense, options?: CallOptions): Promise<t.Delivery> {
    return this.change("POST", "/deliveries/debug", { method: "device.delivery.put", ...delivery }, false, options);
  }

  /**
   * Sets the stock of one product to a level (§7.20). Never repeated, like the two methods below: between
   * two attempts something may be sold, and the level would be wrong.
   */
  async replenish(machine_no: string, product_id: number, current_inventory: number, options?: CallOptions): Promise<void> {
    const fields = { method: "replenishment.product.id", machine_no, product_id, current_inventory };
    await this.change("POST", "/replenishments", fields, false, options);
  }

  /**
   * Sets the stock of a category in one cabinet (§7.21). A refusal with 60004 is a partial success: its
   * data counts the channels.
   */
  async replenishCategory(level: t.CategoryLevel, options?: CallOptions): Promise<void> {
    await this.change("POST", "/replenishments", { method: "replenishment.category.id", ...level }, false, options);
  }

  /** Fills every channel of one cabinet (§7.22). */
  async replenishAll(machine_no: string, cabinet: t.Cabinet = {}, options?: CallOptions): Promise<void> {
    await this.change("POST", "/replenishments", { method: "replenishment.machine.all", machine_no, ...cabinet }, false, options);
  }

  private read<T>(path: string, payload: Fields, options?: CallOptions): Promise<T> {
    return this.transport.send({ verb: "POST", path, payload, repeatable: true }, options);
  }

  private change<T>(verb: "POST" | "PUT", path: string, payload: Fields, repeatable: boolean, options?: CallOptions): Promise<T> {
    return this.transport.send({ verb, path, payload, repeatable }, options);
  }

  /** The order of trade_id, if it is the one the platform named. */
  private async orderOf(machine_no: string, trade_id: string, order_id: number | undefined, options?: CallOptions): Promise<t.Order | undefined> {
    if (order_id === undefined) return undefined;
    try {
      const order = await this.order(machine_no, trade_id, options);
      return order.order_id === order_id ? order : undefined;
    } catch (error) {
      if (isRefusal(error, ErrorCode.RecordUnknown)) return undefined;
      throw error;
    }
  }
}

/** A number as a part of a path. Anything else might be the path of another endpoint. */
function segment(value: number | string): string {
  const text = String(value);
  if (!/^[0-9A-Za-z_-]+$/.test(text)) throw new TypeError("a number is empty or has characters that numbers do not have");
  return text;
}

function isRefusal(error: unknown, code: ErrorCode): error is ApiError {
  return error instanceof ApiError && error.code === code;
}

/** Tells whether an order was made of these lines: one record per line, in their order. */
function hasLines(order: t.Order, lines: t.NewOrder["products"]): boolean {
  return (
    order.pickup_code_id === undefined &&
    order.records.length === lines.length &&
    order.records.every((r, i) => r.product_id === lines[i]!.product_id && r.quantity === lines[i]!.quantity)
  );
}
