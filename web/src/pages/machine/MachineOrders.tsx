import { machinePath } from "../../api/machine";
import { useNewestRows } from "../../api/rows";
import type { MachineInfo, OrderRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { CsvButton } from "../../ui/CsvButton";
import { Rows } from "../../ui/Rows";
import { useOrderColumns } from "../orders/columns";

export function MachineOrders({ m }: { m: MachineInfo }) {
  const { t } = useLanguage();
  const path = `${machinePath(m.machine_no)}/orders`;
  const rows = useNewestRows<OrderRow>(path, "orders");
  const columns = useOrderColumns().filter((c) => c.label !== t("orders.machine"));
  return (
    <>
      <div className="mb-3 flex justify-end">
        <CsvButton path={path} name={`orders-${m.machine_no}`} />
      </div>
      <Rows label={t("tab.orders")} query={rows} columns={columns} rowKey={(o) => o.id} />
    </>
  );
}
