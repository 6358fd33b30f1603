import { useNewestRows } from "../../api/rows";
import { useMay } from "../../api/session";
import type { CodeRow, MachineInfo } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Rows } from "../../ui/Rows";
import { useCodeColumns } from "../codes/columns";
import { CreateCodes } from "../codes/CreateCodes";

export function MachineCodes({ m }: { m: MachineInfo }) {
  const { t } = useLanguage();
  const may = useMay();
  const rows = useNewestRows<CodeRow>(`/machines/${encodeURIComponent(m.machine_no)}/codes`, "codes");
  const columns = useCodeColumns().filter((c) => c.label !== t("codes.machine"));
  return (
    <>
      {may("sell_codes") && (
        <div className="mb-3 flex justify-end">
          <CreateCodes machineNo={m.machine_no} />
        </div>
      )}
      <Rows label={t("tab.codes")} query={rows} columns={columns} rowKey={(c) => c.id} />
    </>
  );
}
