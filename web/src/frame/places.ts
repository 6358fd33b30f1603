import { Activity, Bell, Boxes, Building2, Code, LayoutGrid, Package, PackagePlus, ReceiptText, Settings, Ticket, type LucideIcon } from "lucide-react";
import type { Permission } from "../api/types";
import type { Key } from "../i18n/en";

interface Place {
  href: string;
  label: Key;
  icon: LucideIcon;
  /** Who may go there; "platform" is whoever administers it. */
  may: Permission | "platform";
}

/** The places of the navigation, in its order. */
export const places: Place[] = [
  { href: "/", label: "nav.now", icon: Activity, may: "see" },
  { href: "/machines", label: "nav.machines", icon: Boxes, may: "see" },
  { href: "/field", label: "nav.field", icon: PackagePlus, may: "restock" },
  { href: "/orders", label: "nav.orders", icon: ReceiptText, may: "see_sales" },
  { href: "/codes", label: "nav.codes", icon: Ticket, may: "see_sales" },
  { href: "/goods", label: "nav.goods", icon: Package, may: "see" },
  { href: "/models", label: "nav.models", icon: LayoutGrid, may: "see" },
  { href: "/alerts", label: "nav.alerts", icon: Bell, may: "see" },
  { href: "/developers", label: "nav.developers", icon: Code, may: "see_developer_log" },
  { href: "/settings", label: "nav.settings", icon: Settings, may: "see" },
  { href: "/platform", label: "nav.platform", icon: Building2, may: "platform" },
];
