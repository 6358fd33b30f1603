import { useLanguage } from "../../i18n/language";
import { Tabs } from "../../ui/Tabs";

const tabs = ["machines", "pick-list", "visits"] as const;

/** What there is to restocking: the machines, what to take along, what was done. */
export function RestockTabs() {
  const { t } = useLanguage();
  return (
    <Tabs
      label={t("restock.tabs")}
      tabs={tabs.map((tab) => ({ href: tab === "machines" ? "/field" : `/field/${tab}`, label: t(`restock.tab.${tab}`) }))}
    />
  );
}
