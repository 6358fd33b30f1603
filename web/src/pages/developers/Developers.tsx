import { Route, Switch } from "wouter";
import { useMay } from "../../api/session";
import { useLanguage } from "../../i18n/language";
import { Page } from "../../ui/Page";
import { Tabs } from "../../ui/Tabs";
import { ApiReference } from "./ApiReference";
import { CallbackList } from "./CallbackList";
import { Debugger } from "./Debugger";
import { KeysTab } from "./KeysTab";
import { RequestList } from "./RequestList";
import { RequestView } from "./RequestView";
import { Simulator } from "./Simulator";

const tabs = ["debug", "callbacks", "requests", "keys", "api", "simulator"] as const;

export function Developers() {
  const { t } = useLanguage();
  const may = useMay();
  return (
    <Page title={t("nav.developers")}>
      <Tabs
        label={t("dev.tabs")}
        tabs={tabs
          .filter((tab) => tab !== "keys" || may("manage_keys"))
          .map((tab) => ({ href: tab === "debug" ? "/developers" : `/developers/${tab}`, label: t(`dev.tab.${tab}`) }))}
      />
      <Switch>
        <Route path="/developers/callbacks" component={CallbackList} />
        <Route path="/developers/requests" component={RequestList} />
        <Route path="/developers/requests/:id" component={RequestView} />
        <Route path="/developers/keys" component={KeysTab} />
        <Route path="/developers/api" component={ApiReference} />
        <Route path="/developers/simulator" component={Simulator} />
        <Route component={Debugger} />
      </Switch>
    </Page>
  );
}
