// The console API as the pages use it: names for what schema.ts has, which
// `npm run types` makes from api/console.yaml.
import type { components } from "./schema";

type Schemas = components["schemas"];

export interface List<T> {
  items: T[];
  next?: string;
}

export type Permission = Schemas["Permission"];
export type Role = Schemas["Role"];
export type SetUp = Schemas["SetUpState"];
export type Session = Schemas["Session"];
export type Merchant = Schemas["Scope"];
export type MemberRow = Schemas["Member"];
/** What the link of an invitation is made of. */
export type InvitationToken = Schemas["InvitationToken"];
export type SessionRow = Schemas["UserSession"];
/** One attempt to sign in as the user. */
export type LoginRow = Schemas["Login"];
/** The merchant in use, as those who lead it see it. */
export type OwnMerchant = Schemas["OwnMerchant"];
export type AuditRow = Schemas["AuditEntry"];
/** Something a search has found. */
export type Hit = Schemas["SearchHit"];
/** Something that has changed: a machine, an order, or the codes or alerts of a machine. */
export type Change = Schemas["ChangeEvent"];

/** Filters of a page that are kept under a name. */
export type SavedView = Schemas["SavedView"];

/** How the system is, for platform administrators. */
export type PlatformHealth = Schemas["PlatformHealth"];
/** A merchant as a platform administrator sees it. */
export type MerchantRow = Schemas["Merchant"];
/** What a new merchant gets once. */
export type MerchantSecrets = Schemas["MerchantSecrets"];

export type Now = Schemas["Now"];
export type QueueItem = Schemas["QueueItem"];
export type AlertRow = Schemas["Alert"];
export type AlertRule = Schemas["AlertRule"];
export type AlertRules = Schemas["AlertRules"];
export type AlertMessage = Schemas["AlertMessage"];

export type MachineRow = Schemas["Machine"];
export type MachineInfo = Schemas["MachineDetail"];
export type MachineEvent = Schemas["MachineEvent"];
export type MachineActionResult = Schemas["MachineActionResult"];
export type MachineSetting = Schemas["MachineSetting"];
/** How the deliveries of a channel ended. */
export type ChannelFailures = Schemas["ChannelFailures"];
export type Planogram = Schemas["Planogram"];
export type Cabinet = Schemas["Cabinet"];
export type Channel = Schemas["Channel"];
/** What of the good of a channel a planogram shows. */
export type ChannelGood = Schemas["ChannelGood"];
/** What a staged change wants of a channel; what is missing stays. */
export type PlanogramChange = Schemas["PlanogramEdit"];
export type StagedPlanogram = Schemas["StagedPlanogram"];
/** What became of a copy at one machine; reason is that of a problem, or the code of an error. */
export type CopiedPlanogram = Schemas["CopiedPlanogram"];
/** Why something cannot be done to a channel; line is 0 where there is no file. */
export type ChannelProblem = Schemas["ChannelProblem"];

export type MachineJob = Schemas["MachineJob"];
export type MachineJobAction = Schemas["MachineJobAction"];
export type MachineJobState = Schemas["MachineJobState"];
export type MachineOfJob = Schemas["MachineOfJob"];

export type Layout = Schemas["Layout"];
export type LayoutBoard = Schemas["LayoutBoard"];
/** A channel of a layout; x counts rows, y columns. */
export type LayoutChannel = Schemas["LayoutChannel"];
export type LayoutDiff = Schemas["LayoutDiff"];
/** A layout template with its newest version. */
export type ModelRow = Schemas["ModelRow"];
/** A layout template at one version, and which there are, newest first. */
export type Model = Schemas["Model"];
/** The version of a template that a machine has; id is 0 for none. */
export type MachineModel = Schemas["MachineModel"];

/** What a restocker did to one product, in pieces. */
export type VisitLine = Schemas["VisitLine"];
/** A visit as it was applied. */
export type Visit = Schemas["Visit"];
/** A visit of the past, summed up, and whole. */
export type PastVisit = Schemas["PastVisit"];
export type PastVisitInfo = Schemas["PastVisitInfo"];
/** What of a good is to be taken along. */
export type PickRow = Schemas["PickRow"];

export type GoodRow = Schemas["Good"];
export type GoodUse = Schemas["GoodUse"];
/** What a file can say of a good. */
export type GoodText = Schemas["GoodText"];
/** What a file would do, or did, to the goods; only a preview has lines, and not all. */
export type GoodsImport = Schemas["GoodsImport"];
/** A good before and after an import; before is null for a new one. */
export type ImportLine = Schemas["GoodsImportLine"];

export type CodeRow = Schemas["PickupCode"];
export type Batch = Schemas["CodeBatch"];
export type BatchInfo = Schemas["CodeBatchInfo"];
export type BulkResult = Schemas["BulkResult"];
export type Funnel = Schemas["CodeFunnel"];

export type OrderRow = Schemas["OrderRow"];
export type OrderDetail = Schemas["Order"];
export type OrderFacts = Schemas["OrderFacts"];
export type OrderRecord = Schemas["OrderRecord"];
export type Delivery = Schemas["Delivery"];
export type Callback = Schemas["Callback"];
export type TimelineStep = Schemas["TimelineStep"];

export type RequestRow = Schemas["RequestRow"];
export type RequestInfo = Schemas["Request"];
/** How a signature was checked. */
export type SignatureReport = Schemas["SignatureReport"];
export type CallbackRow = Schemas["CallbackRow"];
export type CallbackTest = Schemas["CallbackTest"];
export type Keys = Schemas["Keys"];
export type Secret = Schemas["Credential"];
export type RotatedKey = Schemas["RotatedKey"];
/** Something that a merchant can call. */
export type ApiOperation = Schemas["ApiOperation"];
/** A call as it was sent and answered; its duration is in microseconds. */
export type TriedCall = Schemas["TriedCall"];
export type VirtualMachine = Schemas["VirtualMachine"];
export type VirtualCommand = Schemas["VirtualCommand"];
