import { useLanguage } from "../../i18n/language";
import { Tabs } from "../../ui/Tabs";

/** Single codes, and batches of them. */
export function CodeTabs() {
  const { t } = useLanguage();
  return (
    <Tabs
      label={t("nav.codes")}
      tabs={[
        { href: "/codes", label: t("codes.tab.list") },
        { href: "/codes/batches", label: t("codes.tab.batches") },
      ]}
    />
  );
}
