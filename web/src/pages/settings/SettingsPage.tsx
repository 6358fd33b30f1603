import { Redirect, Route, Switch } from "wouter";
import { useMay } from "../../api/session";
import type { Permission } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Page } from "../../ui/Page";
import { Tabs } from "../../ui/Tabs";
import { AuditLog } from "./AuditLog";
import { Logins } from "./Logins";
import { Members } from "./Members";
import { MerchantTab } from "./MerchantTab";
import { Sessions } from "./Sessions";

const tabs: { name: "merchant" | "members" | "sessions" | "logins" | "audit"; may: Permission }[] = [
  { name: "members", may: "manage_members" },
  { name: "merchant", may: "edit_merchant" },
  { name: "sessions", may: "see" },
  { name: "logins", may: "see" },
  { name: "audit", may: "see_audit" },
];

export function SettingsPage() {
  const { t } = useLanguage();
  const may = useMay();
  const shown = tabs.filter((tab) => may(tab.may));
  return (
    <Page title={t("nav.settings")}>
      <Tabs
        label={t("settings.tabs")}
        tabs={shown.map(({ name }) => ({ href: `/settings/${name}`, label: t(`settings.tab.${name}`) }))}
      />
      <Switch>
        <Route path="/settings/members" component={Members} />
        <Route path="/settings/merchant" component={MerchantTab} />
        <Route path="/settings/sessions" component={Sessions} />
        <Route path="/settings/logins" component={Logins} />
        <Route path="/settings/audit">
          <AuditLog />
        </Route>
        <Route>
          <Redirect to={`/settings/${shown[0]?.name ?? "sessions"}`} replace />
        </Route>
      </Switch>
    </Page>
  );
}
