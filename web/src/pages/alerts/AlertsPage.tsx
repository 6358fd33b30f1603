import { Route, Switch } from "wouter";
import { useMay } from "../../api/session";
import { useLanguage } from "../../i18n/language";
import { Page } from "../../ui/Page";
import { Tabs } from "../../ui/Tabs";
import { AlertList } from "./AlertList";
import { MessageList } from "./MessageList";
import { RuleList } from "./RuleList";

const tabs = ["list", "rules", "messages"] as const;

/** Alerts, and for who leads the merchant who is told of them. */
export function AlertsPage() {
  const { t } = useLanguage();
  const may = useMay();
  return (
    <Page title={t("nav.alerts")}>
      {may("edit_merchant") && (
        <Tabs
          label={t("rules.tabs")}
          tabs={tabs.map((tab) => ({ href: tab === "list" ? "/alerts" : `/alerts/${tab}`, label: t(`rules.tab.${tab}`) }))}
        />
      )}
      <Switch>
        <Route path="/alerts/rules" component={RuleList} />
        <Route path="/alerts/messages" component={MessageList} />
        <Route component={AlertList} />
      </Switch>
    </Page>
  );
}
