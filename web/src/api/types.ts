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
export type Membership = Schemas["Membership"];
export type MemberRow = Schemas["Member"];
/** What the link of an invitation is made of. */
export type InvitationToken = Schemas["InvitationToken"];
export type SessionRow = Schemas["UserSession"];
export type AuditRow = Schemas["AuditEntry"];
/** Something a search has found. */
export type Hit = Schemas["SearchHit"];
/** Something that has changed: a machine, an order, or the codes or alerts of a machine. */
export type Change = Schemas["ChangeEvent"];

/** Filters of a page that are kept under a name. */
export type SavedView = Schemas["SavedView"];

/** How the system is, for platform administrators. */
export type PlatformHealth = Schemas["PlatformHealth"];

export type Now = Schemas["Now"];
export type QueueItem = Schemas["QueueItem"];
export type AlertRow = Schemas["Alert"];

export type MachineRow = Schemas["Machine"];
export type MachineInfo = Schemas["MachineDetail"];
export type MachineEvent = Schemas["MachineEvent"];
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
export type CodeRow = Schemas["PickupCode"];

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
export type Keys = Schemas["Keys"];
export type Secret = Schemas["Credential"];
export type RotatedKey = Schemas["RotatedKey"];
