import { useLocation } from "wouter";
import { useLanguage } from "../../i18n/language";
import { Tabs } from "../../ui/Tabs";

/** Machines, and what was done with many of them. */
export function MachineTabs() {
  const { t } = useLanguage();
  const [here] = useLocation();
  return (
    <Tabs
      label={t("nav.machines")}
      tabs={[
        { href: "/machines", label: t("machines.tab.list"), current: here === "/machines" },
        { href: "/machines/jobs", label: t("machines.tab.jobs"), current: here.startsWith("/machines/jobs") },
      ]}
    />
  );
}
