import { useVisits } from "../../api/visits";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { Status } from "../../ui/Status";

/** Finished visits that are not at the server: they are sent by themselves. */
export function WaitingVisits() {
  const { t, tCode } = useLanguage();
  const { visits, kept } = useVisits();
  if (kept.waiting.length === 0) return null;
  return (
    <section aria-label={t("field.waiting")} className="card flex flex-col gap-2 p-4" role="status">
      {kept.waiting.map((w) => (
        <div key={w.key} className="flex flex-wrap items-center gap-2">
          <span className="grow font-medium">{w.machine_name || w.machine_no}</span>
          {w.refusal ? (
            <>
              <Status tone="bad">{t("field.refused")}</Status>
              <span className="w-full text-sm">{tCode("error", w.refusal)}</span>
              <Button onClick={() => visits.drop(w.key)}>{t("field.discard")}</Button>
            </>
          ) : (
            <Status tone="wait">{t("field.waiting_one")}</Status>
          )}
        </div>
      ))}
    </section>
  );
}
