// The console API's batches, counts, rules and messages, as the pages use them.

export interface Batch {
  id: number;
  state: "RUNNING" | "DONE" | "CANCELLED";
  wanted: number;
  made: number;
  code_length: number;
  quantity: number;
  expires_at: number;
  created_by: string;
  created_at: number;
  finished_at: number;
}

export interface BatchInfo extends Batch {
  lines: BatchLine[];
}

export interface BatchLine {
  machine_no: string;
  machine_name: string;
  product_id: number;
  channel_name: string;
  good_name: string;
  wanted: number;
  made: number;
  failure: string;
}

export interface BulkResult {
  changed: number;
  skipped: number;
}

export type Funnel = Record<"issued" | "unused" | "used" | "expired" | "cancelled" | "dropped" | "failed" | "open", number>;

export interface AlertRule {
  id: number;
  kinds: string[];
  machine_group: string;
  channel: "EMAIL" | "WEBHOOK";
  target: string;
  language: string;
  tell_resolved: boolean;
  quiet_from: number;
  quiet_to: number;
  enabled: boolean;
}

export interface AlertRules {
  items: AlertRule[];
  mail: boolean;
  timezone: string;
}

export interface AlertMessage {
  id: number;
  event: "OPENED" | "RESOLVED" | "TEST";
  kind: string;
  machine_no: string;
  channel: string;
  target: string;
  state: string;
  attempts: number;
  error: string;
  created_at: number;
  due_at: number;
  finished_at: number;
}

export interface CallbackTest {
  webhook_id: string;
  body: string;
  status: number;
  error: string;
  duration: number;
}
