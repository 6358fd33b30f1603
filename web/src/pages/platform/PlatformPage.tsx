import { Redirect, Route, Switch } from "wouter";
import { useLanguage } from "../../i18n/language";
import { Page } from "../../ui/Page";
import { Tabs } from "../../ui/Tabs";
import { AuditLog } from "../settings/AuditLog";
import { Health } from "./Health";
import { Merchants } from "./Merchants";

const tabs = ["merchants", "health", "audit"] as const;

/** What belongs to no merchant, for those who administer the platform. */
export function PlatformPage() {
  const { t } = useLanguage();
  return (
    <Page title={t("nav.platform")}>
      <Tabs label={t("nav.platform")} tabs={tabs.map((name) => ({ href: `/platform/${name}`, label: t(`platform.tab.${name}`) }))} />
      <Switch>
        <Route path="/platform/merchants" component={Merchants} />
        <Route path="/platform/health" component={Health} />
        <Route path="/platform/audit">
          <AuditLog path="/platform/audit" />
        </Route>
        <Route>
          <Redirect to="/platform/merchants" replace />
        </Route>
      </Switch>
    </Page>
  );
}
