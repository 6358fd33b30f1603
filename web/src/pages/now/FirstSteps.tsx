import { useLanguage } from "../../i18n/language";

const steps = ["1", "2", "3", "4"] as const;

export function FirstSteps() {
  const { t } = useLanguage();
  return (
    <section className="card p-4">
      <h2>{t("now.start")}</h2>
      <ol className="mt-2 list-decimal pl-6">
        {steps.map((step) => (
          <li key={step} className="py-0.5">
            {t(`now.start.${step}`)}
          </li>
        ))}
      </ol>
    </section>
  );
}
