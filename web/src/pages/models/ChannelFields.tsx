import { X } from "lucide-react";
import type { LayoutChannel } from "../../api/types";
import { useLanguage } from "../../i18n/language";

interface Props {
  channel: LayoutChannel;
  onChange: (changes: Partial<LayoutChannel>) => void;
  onRemove: () => void;
}

/** What can be said of a channel of a layout. */
export function ChannelFields({ channel: c, onChange, onRemove }: Props) {
  const { t } = useLanguage();
  const number = (name: "motor" | "capacity", max: number) => (
    <label className="text-sm">
      <span className="text-muted">{t(name === "motor" ? "models.motor" : "planogram.capacity")}</span>
      <input
        className="control w-full"
        type="number"
        min={0}
        max={max}
        required
        value={Number.isNaN(c[name]) ? "" : c[name]}
        onChange={(e) => onChange({ [name]: e.target.valueAsNumber })}
      />
    </label>
  );
  return (
    <div role="group" aria-label={t("planogram.channel", { name: c.name })} className="grid w-36 grid-cols-2 gap-x-2 gap-y-1 rounded-md border border-line bg-ground p-2">
      <label className="text-sm">
        <span className="text-muted">{t("models.channel_name")}</span>
        <input className="control w-full" required maxLength={20} value={c.name} onChange={(e) => onChange({ name: e.target.value })} />
      </label>
      <button type="button" aria-label={t("models.remove_channel", { name: c.name })} className="justify-self-end rounded p-1 hover:bg-black/5" onClick={onRemove}>
        <X size={16} aria-hidden />
      </button>
      {number("motor", 99)}
      {number("capacity", 9999)}
      <label className="col-span-2 flex items-center gap-2 text-sm">
        <input type="checkbox" checked={c.is_auxiliary} onChange={(e) => onChange({ is_auxiliary: e.target.checked })} />
        {t("models.auxiliary")}
      </label>
    </div>
  );
}
