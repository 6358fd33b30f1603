// Members carry the names of the contract. An optional member of an answer that is missing means
// "", 0, false, no object or an empty list (openapi.md §2.1). Money is a text with two decimals; dates and
// times are texts in the machine's zone.

/** openapi.md §7.2. */
export interface MachineSummary {
  machine_name: string;
  machine_no: string;
  is_online?: boolean;
  /** True if the machine is in operation. */
  status?: boolean;
  address?: string;
  /** The last notice of the system about the machine. */
  notify_message: string;
  /** longitude,latitude */
  lng_lat?: string;
  created_at: string;
  contact?: string;
  tel?: string;
}

/** openapi.md §7.3. */
export interface Machine {
  machine_name: string;
  address?: string;
  lng_lat?: string;
  is_online?: boolean;
  model?: { id?: number; cabinet_names: string[] };
  /** 1 vending, 2 amusement, 3 claw, 4 lending, 5 return, 6 locker (openapi.md §4.2). */
  machine_type?: number;
  cover_image?: string;
  categories?: { id: number; title: string }[];
  announcement?: { title: string; id?: number; content?: string; is_link?: boolean; link_url?: string };
  merchant?: {
    title: string;
    description?: string;
    logo?: string;
    store_id?: string;
    status?: string;
    created_at?: string;
  };
  currency?: { id: number; name: string; code: string; symbol: string };
}

/** Which products to list (openapi.md §7.4). cabinet_name and addr exclude each other. */
export interface ProductFilter {
  /** From 1; 1 if left out. */
  page?: number;
  /** 1 to 100; 10 if left out. */
  per_page?: number;
  category_id?: number;
  /** A letter; A if neither this nor addr nor select_all is given. */
  cabinet_name?: string;
  /** 1 to 8. */
  addr?: number;
  /** All cabinets on one page. */
  select_all?: boolean;
}

/** openapi.md §7.4. */
export interface ProductPage {
  data: Product[];
  total: number;
  current_page: number;
  last_page: number;
  per_page: number;
}

export interface Product {
  /** The product_id of other calls. */
  id: number;
  category?: { id: number; title: string };
  good: Good;
  channel: Channel;
  /** Pieces that can be sold. */
  current_inventory: number;
  /** Capacity of the channel. */
  inventory: number;
}

export interface Good {
  name: string;
  description: string;
  thumb: string;
  price: string;
  original_price: string;
  /** HTML */
  content: string;
  good_no: string;
  slug: string;
  media?: string[];
}

export interface Channel {
  name: string;
  cabinet_name: string;
  code: string;
  x: string;
  y: string;
  /** Board, 1 to 8. */
  addr: number;
}

/** openapi.md §7.5. */
export interface Floor {
  status: string;
  floor_status: string;
  good: Good & { id: number; updated_at: string };
  channel: Channel & { id: number };
  current_inventory: number;
  inventory: number;
}

/** openapi.md §7.6. */
export interface Category {
  id: number;
  title: string;
  sort_id: number;
  is_visible?: boolean;
}

/** openapi.md §7.7. */
export interface Banner {
  id: number;
  status?: string;
  is_visible?: boolean;
  cover_image: string;
  sort_id: number;
  hit_count: number;
  views_count: number;
}

/** openapi.md §7.8. */
export interface NewCodes {
  machine_no: string;
  product_id: number;
  /** 1 to the product's capacity; 1 if left out. */
  count?: number;
  /** Digits, 6 to 10; 6 if left out. */
  code_length?: number;
  /** YYYY-MM-DD HH:MM:SS in the machine's zone; valid for ever if left out. */
  expired_at?: string;
}

/** openapi.md §7.9. */
export type NewCodesForAll = Omit<NewCodes, "product_id" | "count">;

/** openapi.md §7.12. */
export interface PickupCode {
  /** Names the code when it is cancelled; not what a customer types. */
  id: number;
  code: string;
  status: string;
  created_at: string;
  /** Missing = valid for ever. */
  expired_at?: string;
  quantity: number;
}

/** openapi.md §7.13. */
export interface Consumption {
  machine_no: string;
  /** What the customer typed: 6 to 10 digits. */
  code: string;
  product_id: number;
  /** Where the result of the delivery is posted. */
  notify_url: string;
  /** Your own number of the order, new for each one: 20 to 32 of 0-9 A-Z a-z _ -, or a UUID. Keep it before you call. */
  trade_id: string;
}

/** openapi.md §7.13 and §7.15. */
export interface Order {
  order_id: number;
  trade_id: string;
  date: string;
  amount: string;
  /** NOTPAY, SUCCESS, REFUND, CLOSED, REVOKED, USERPAYING, PAYERROR, PICKUPCODE, TESTPAY (openapi.md §6.2). */
  status: string;
  /** Callbacks that were acknowledged. */
  notify_send_count?: number;
  records: OrderRecord[];
  pickup_code_id?: number;
}

/** The order of a redeemed code. */
export interface Redemption extends Order {
  /**
   * True if the code had been redeemed before under the same trade_id, by a lost attempt or an earlier call.
   * The statuses of the records are then those of a query, and dispensing may have begun.
   */
  replayed: boolean;
}

export interface OrderRecord {
  /** The record_id of a delivery. */
  id: number;
  product_id: number;
  quantity: number;
  /** Total of the line. */
  price: string;
  /** A name such as WAITING_PICKED_UP (openapi.md §6.3); in the answer to a consumption a Chinese text. */
  status?: string;
  /** "1" once the newest result was acknowledged. */
  notify_sent?: string;
}

/** openapi.md §7.14. */
export interface NewOrder {
  machine_no: string;
  notify_url: string;
  /** As in Consumption. */
  trade_id: string;
  /** 1 to 50 lines of 1 to 99 pieces. */
  products: { product_id: number; quantity: number }[];
}

/** What a merchant can set an order to (openapi.md §7.16). */
export const OrderStatus = { Paid: 1, Refund: 2, Closed: 3, Revoked: 4, UserPaying: 5, PayError: 6 } as const;
export type OrderStatus = (typeof OrderStatus)[keyof typeof OrderStatus];

/** openapi.md §7.17. */
export interface Dispense {
  machine_no: string;
  order_id: number;
  record_id: number;
  /** Try again after a time-out, at the risk of a double drop. */
  force?: boolean;
}

/** openapi.md §7.17 and §7.18. */
export interface Delivery {
  /** 16 digits. */
  delivery_id: string;
  delivered_at: string;
  /** A Chinese text; programs read state. */
  status: string;
  /** PENDING, SENT, SUCCESS, FAILED, TIMEOUT, PICKED_UP, CANCELLED (openapi.md §6.4). */
  state: string;
  pickup_at?: string;
  finished_at?: string;
  fail_reason?: string;
}

/** openapi.md §7.19. */
export interface TestDispense {
  machine_no: string;
  /** The name of a channel, such as A20. */
  channel_name: string;
  notify_url: string;
}

/** A board, by letter or by address but not both; cabinet A if left out. */
export interface Cabinet {
  cabinet_name?: string;
  addr?: number;
}

/** openapi.md §7.21. */
export interface CategoryLevel extends Cabinet {
  machine_no: string;
  category_id: number;
  /** The new level of every channel, not an increment. */
  current_inventory: number;
}
