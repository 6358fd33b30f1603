import { machinePath } from "../../api/machine";
import { useNewestRows } from "../../api/rows";
import { useMay } from "../../api/session";
import type { CodeRow, MachineInfo } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { CsvButton } from "../../ui/CsvButton";
import { Rows } from "../../ui/Rows";
import { useCodeColumns } from "../codes/columns";
import { CreateCodes } from "../codes/CreateCodes";

export function MachineCodes({ m }: { m: MachineInfo }) {
  const { t } = useLanguage();
  const may = useMay();
  const path = `${machinePath(m.machine_no)}/codes`;
  const rows = useNewestRows<CodeRow>(path, "codes");
  const columns = useCodeColumns().filter((c) => c.label !== t("codes.machine"));
  return (
    <>
      <div className="mb-3 flex flex-wrap justify-end gap-2">
        <CsvButton path={path} name={`pickup-codes-${m.machine_no}`} />
        {may("sell_codes") && <CreateCodes machineNo={m.machine_no} />}
      </div>
      <Rows label={t("tab.codes")} query={rows} columns={columns} rowKey={(c) => c.id} />
    </>
  );
}
