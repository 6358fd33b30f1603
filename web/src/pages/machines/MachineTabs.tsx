import { useLanguage } from "../../i18n/language";
import { Tabs } from "../../ui/Tabs";

/** Machines, and what was done with many of them. */
export function MachineTabs() {
  const { t } = useLanguage();
  return (
    <Tabs
      label={t("nav.machines")}
      tabs={[
        { href: "/machines", label: t("machines.tab.list") },
        { href: "/machines/jobs", label: t("machines.tab.jobs") },
      ]}
    />
  );
}
