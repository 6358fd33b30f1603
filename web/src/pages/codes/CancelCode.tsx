import { api } from "../../api/client";
import { useMay } from "../../api/session";
import type { CodeRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { ConfirmButton } from "../../ui/ConfirmButton";

export function CancelCode({ code }: { code: CodeRow }) {
  const { t } = useLanguage();
  const may = useMay();
  if (!may("sell_codes")) return null;
  return (
    <ConfirmButton
      className="min-h-8 px-2"
      aria-label={`${t("codes.cancel")} ${code.code}`}
      title={t("codes.cancel")}
      consequence={t("codes.cancel_confirm", { code: code.code, machine: code.machine_name || code.machine_no })}
      act={() => api.delete(`/codes/${code.id}`)}
    >
      {t("app.cancel")}
    </ConfirmButton>
  );
}
