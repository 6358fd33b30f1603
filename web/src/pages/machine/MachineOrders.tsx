import { useNewestRows } from "../../api/rows";
import type { MachineInfo, OrderRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Rows } from "../../ui/Rows";
import { useOrderColumns } from "../orders/columns";

export function MachineOrders({ m }: { m: MachineInfo }) {
  const { t } = useLanguage();
  const rows = useNewestRows<OrderRow>(`/machines/${encodeURIComponent(m.machine_no)}/orders`, "orders");
  const columns = useOrderColumns().filter((c) => c.label !== t("orders.machine"));
  return <Rows label={t("tab.orders")} query={rows} columns={columns} rowKey={(o) => o.id} />;
}
