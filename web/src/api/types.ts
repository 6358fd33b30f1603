// The console API as the pages use it. Times are UTC milliseconds (0 is none),
// money is in minor units, ids are numbers, statuses are codes.

export type Permission =
  | "see" | "see_sales" | "see_codes" | "sell_codes" | "edit_planogram" | "edit_goods" | "control_machines" | "restock"
  | "test_dispense" | "handle_alerts" | "redispense" | "refund" | "manage_keys" | "see_developer_log" | "resend_callbacks"
  | "manage_members" | "edit_merchant" | "see_audit";

export type Role = "owner" | "admin" | "operator" | "restocker" | "developer" | "viewer";

export interface SetUp {
  needed: boolean;
  oidc_name: string;
}

export interface Session {
  user: { id: number; email: string; name: string; is_platform_admin: boolean };
  language: string;
  csrf: string;
  merchant: Merchant | null;
  memberships: Membership[];
}

export interface Merchant {
  id: number;
  title: string;
  status: string;
  timezone: string;
  role: Role;
  machine_group: string;
  permissions: Permission[];
}

export interface Membership {
  merchant_id: number;
  title: string;
  role: Role;
  machine_group: string;
}

export interface List<T> {
  items: T[];
  next?: string;
}

export interface MachineRow {
  id: number;
  machine_no: string;
  name: string;
  machine_group: string;
  status: string;
  address: string;
  timezone: string;
  is_online: boolean;
  last_heartbeat_at: number;
  network_type: string;
  network_rssi: string;
  stock: number;
  capacity: number;
  channels: number;
  sold_out: number;
  faulty: number;
  open_alerts: number;
}

export interface MachineInfo extends MachineRow {
  model: string;
  currency: string;
  contact: string;
  tel: string;
  pickup_code_enabled: boolean;
  created_at: number;
  /** The last 24 hours; online is a share of 0–1, null where nobody knows. */
  uptime: { hour_start: number; online: number | null }[];
}

/** What of the good of a channel a planogram shows. */
export interface ChannelGood {
  id: number;
  name: string;
  thumb: string;
  price: number;
}

/** A channel; one without a product (0) is a lock and holds nothing. */
export interface Channel {
  channel_id: number;
  name: string;
  motor: number;
  x: number;
  y: number;
  is_auxiliary: boolean;
  product_id: number;
  good: ChannelGood | null;
  quantity: number;
  capacity: number;
  on_sale: boolean;
  floor_status: string;
  reserved_codes: number;
}

export interface Cabinet {
  addr: number;
  name: string;
  floor_type: number;
  /** From top to bottom; x counts rows, the y of a channel is its column. */
  rows: { x: number; channels: Channel[] }[];
}

export interface Planogram {
  currency: string;
  cabinets: Cabinet[];
}

/** What a restocker did to one product, in pieces. */
export interface VisitLine {
  product_id: number;
  expected: number;
  counted: number;
  removed: number;
  added: number;
}

/** A visit as it was applied. */
export interface Visit {
  id: number;
  at: number;
  repeated: boolean;
  lines: (VisitLine & { before: number; after: number })[];
}

/** What a staged change wants of a channel; what is missing stays. */
export interface PlanogramChange {
  product_id: number;
  good_id?: number;
  on_sale?: boolean;
  quantity?: number;
}

export interface MachineEvent {
  id: number;
  at: number;
  up: boolean;
  method: string;
  payload: unknown;
}

export interface MachineSetting {
  name: string;
  reported: string;
  reported_at: number;
  desired: string;
  desired_at: number;
  in_sync: boolean;
}

export interface Delivery {
  id: string;
  order_id: number;
  record_id: number;
  product_id: number;
  quantity: number;
  delivered: number;
  state: string;
  started_at: number;
  finished_at: number;
  fail_reason: string;
}

export interface OrderRow {
  id: number;
  trade_id: string;
  machine_no: string;
  machine_name: string;
  status: string;
  outcome: string;
  amount: number;
  currency: string;
  good_name: string;
  quantity: number;
  delivered: number;
  by_code: boolean;
  created_at: number;
}

export interface OrderFacts {
  id: number;
  trade_id: string;
  machine_no: string;
  machine_name: string;
  timezone: string;
  status: string;
  amount: number;
  currency: string;
  notify_url: string;
  created_at: number;
  expires_at: number;
}

export interface OrderRecord {
  id: number;
  product_id: number;
  channel_name: string;
  good_name: string;
  quantity: number;
  delivered: number;
  price: number;
  state: string;
  deliveries: Delivery[];
}

export interface Callback {
  id: number;
  webhook_id: string;
  order_id: number;
  record_id: number;
  url: string;
  state: string;
  created_at: number;
  due_at: number;
  finished_at: number;
  body: unknown;
  attempts: { at: number; duration: number; status: number; error: string }[];
}

export interface TimelineStep {
  at: number;
  kind: string;
  detail: string;
  duration: number;
  ref: string;
}

export interface OrderDetail {
  order: OrderFacts;
  records: OrderRecord[];
  code: { id: number; code: string; state: string; created_at: number; finished_at: number } | null;
  callbacks: Callback[];
  timeline: TimelineStep[];
  sentence_code: string;
}

export interface CodeRow {
  id: number;
  code: string;
  machine_no: string;
  machine_name: string;
  timezone: string;
  product_id: number;
  channel_name: string;
  good_name: string;
  quantity: number;
  state: string;
  created_at: number;
  expires_at: number;
  finished_at: number;
  order_id: number;
  record_state: string;
}

export interface GoodRow {
  id: number;
  slug: string;
  name: string;
  description: string;
  thumb: string;
  price: number;
  original_price: number;
  updated_at: number;
  machines: number;
  channels: number;
}

export interface GoodUse {
  machine_no: string;
  machine_name: string;
  channel_name: string;
  product_id: number;
  quantity: number;
  capacity: number;
  on_sale: boolean;
}

export interface AlertRow {
  id: number;
  machine_no: string;
  machine_name: string;
  kind: string;
  subject: string;
  detail: string;
  opened_at: number;
  resolved_at: number;
}

export interface QueueItem {
  kind: string;
  machine_no: string;
  machine_name: string;
  subject: string;
  count: number;
  at: number;
  ref: string;
}

/** Figures of today are null for roles that do not see sales. */
export interface Now {
  tiles: {
    machines: number;
    online: number;
    redemptions_today: number | null;
    success_rate_today: number | null;
    sales_today: number | null;
    currency: string;
    other_sales: { currency: string; amount: number }[];
  };
  bars: { hour_start: number; success: number; failure: number }[];
  queue: QueueItem[];
}

export interface RequestRow {
  id: number;
  at: number;
  kind: string;
  request_id: string;
  machine_no: string;
  client: string;
  verb: string;
  target: string;
  method: string;
  status: number;
  code: number;
  reason: string;
  diagnosis: string;
  /** Microseconds. */
  duration: number;
}

export interface RequestInfo extends RequestRow {
  headers: unknown;
  raw: string;
  payload: unknown;
  answer: unknown;
}

/** How a signature was checked. first_difference counts UTF-16 units, -1 is none. */
export interface SignatureReport {
  diagnosis: string;
  accepted: boolean;
  detail: string;
  steps: { name: string; ok: boolean }[];
  payload: string;
  dropped: { name: string; reason: string }[];
  pairs: { name: string; text: string }[];
  form: string;
  canonical: string;
  expected: string;
  received: string;
  sender_canonical: string;
  first_difference: number;
}

export type Secret = "app_secret" | "app_key" | "webhook_secret";

export interface Keys {
  app_id: string;
  created_at: number;
  app_secret_rotated_at: number;
  app_key_rotated_at: number;
  webhook_secret_rotated_at: number;
  webhook_previous_until: number;
}

export interface CallbackRow extends Callback {
  machine_no: string;
  trade_id: string;
}

export interface MemberRow {
  user_id: number;
  email: string;
  name: string;
  status: string;
  role: Role;
  machine_group: string;
  created_at: number;
}

export interface SessionRow {
  id: number;
  is_current: boolean;
  created_at: number;
  last_seen_at: number;
  expires_at: number;
  ip: string;
  user_agent: string;
}

export interface AuditRow {
  id: number;
  at: number;
  user_id: number;
  email: string;
  action: string;
  subject_kind: string;
  subject_id: string;
  before: unknown;
  after: unknown;
  ip: string;
}

/** Something a search has found. */
export interface Hit {
  kind: string;
  ref: string;
  title: string;
}
