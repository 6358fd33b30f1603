// The console API's batches, counts, rules and messages, as the pages use them.
import type { components } from "./schema";

type Schemas = components["schemas"];

export type Batch = Schemas["CodeBatch"];
export type BatchInfo = Schemas["CodeBatchInfo"];
export type BatchLine = Schemas["CodeBatchLine"];
export type MachineJob = Schemas["MachineJob"];
export type MachineJobAction = Schemas["MachineJobAction"];
export type MachineJobState = Schemas["MachineJobState"];
export type MachineOfJob = Schemas["MachineOfJob"];
export type BulkResult = Schemas["BulkResult"];
export type Funnel = Schemas["CodeFunnel"];
export type AlertRule = Schemas["AlertRule"];
export type AlertRules = Schemas["AlertRules"];
export type AlertMessage = Schemas["AlertMessage"];
export type CallbackTest = Schemas["CallbackTest"];
