import { useMachines } from "../../api/machine";
import { usePlanogram } from "../../api/planogram";
import type { Channel } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { limited, type Expiry } from "../../lib/expiry";
import { layersOf } from "../../lib/selection";
import { ErrorNote } from "../../ui/ErrorNote";
import { Select } from "../../ui/Field";

// What the forms that make codes, or change them, have to choose from.

interface Choice {
  value: string;
  onChange: (value: string) => void;
}

export function MachineChoice({ value, onChange }: Choice) {
  const { t } = useLanguage();
  const machines = useMachines();
  return (
    <>
      <Select label={t("codes.machine")} value={value} onChange={onChange}>
        <option value="">{t("codes.choose_machine")}</option>
        {machines.data?.items.map((m) => (
          <option key={m.id} value={m.machine_no}>
            {m.name || m.machine_no} · {m.machine_no}
          </option>
        ))}
      </Select>
      <ErrorNote error={machines.error} />
    </>
  );
}

/** The channels of a machine that hold goods; `detail` tells more of one. */
export function ChannelChoice({ machineNo, value, onChange, detail }: Choice & { machineNo: string; detail?: (channel: Channel) => string }) {
  const { t } = useLanguage();
  const planogram = usePlanogram(machineNo);
  const channels = planogram.data ? layersOf(planogram.data).flat().filter((c) => c.good) : [];
  return (
    <>
      <Select label={t("codes.product")} value={value} onChange={onChange}>
        <option value="">{t("codes.choose_product")}</option>
        {channels.map((c) => (
          <option key={c.product_id} value={c.product_id}>
            {[c.name, c.good?.name, detail?.(c)].filter(Boolean).join(" · ")}
          </option>
        ))}
      </Select>
      <ErrorNote error={planogram.error} />
    </>
  );
}

interface ExpiryProps {
  label: string;
  value: Expiry;
  onChange: (value: Expiry) => void;
  /** Offers codes without an end. */
  never?: boolean;
}

export function ExpiryChoice({ label, value, onChange, never }: ExpiryProps) {
  const { t } = useLanguage();
  return (
    <Select label={label} value={value} onChange={(chosen) => onChange(chosen as Expiry)}>
      {limited.map((choice) => (
        <option key={choice} value={choice}>
          {t(`codes.expiry.${choice}`)}
        </option>
      ))}
      {never && <option value="never">{t("codes.never")}</option>}
    </Select>
  );
}
