import { Link, Route, Switch } from "wouter";
import { LiveProvider } from "./api/live";
import { useSession } from "./api/session";
import { VisitsProvider } from "./api/visits";
import { Account } from "./frame/Account";
import { Frame } from "./frame/Frame";
import { useLanguage } from "./i18n/language";
import { Accept } from "./pages/Accept";
import { Gate } from "./pages/Gate";
import { AlertsPage } from "./pages/alerts/AlertsPage";
import { Batches } from "./pages/codes/Batches";
import { Codes } from "./pages/codes/Codes";
import { Developers } from "./pages/developers/Developers";
import { Field } from "./pages/field/Field";
import { Goods } from "./pages/goods/Goods";
import { JobPage } from "./pages/machines/JobPage";
import { Jobs } from "./pages/machines/Jobs";
import { Machines } from "./pages/machines/Machines";
import { MachinePage } from "./pages/machine/MachinePage";
import { ModelPage } from "./pages/models/ModelPage";
import { Models } from "./pages/models/Models";
import { NowPage } from "./pages/now/NowPage";
import { OrderPage } from "./pages/orders/OrderPage";
import { Orders } from "./pages/orders/Orders";
import { NewMerchant } from "./pages/platform/NewMerchant";
import { PlatformPage } from "./pages/platform/PlatformPage";
import { SettingsPage } from "./pages/settings/SettingsPage";
import { SignIn } from "./pages/SignIn";
import { ErrorNote } from "./ui/ErrorNote";
import { Loading, Page } from "./ui/Page";

export function App() {
  const { session, error } = useSession();
  if (session === undefined) return error ? <ErrorNote error={error} onRetry={() => window.location.reload()} /> : <Loading />;
  return (
    <Switch>
      <Route path="/accept" component={Accept} />
      <Route>
        {!session && <SignIn />}
        {session && !session.merchant && <NoMerchant admin={session.user.is_platform_admin} />}
        {session?.merchant && (
          <LiveProvider key={session.merchant.id}>
            <VisitsProvider>
              <Frame>
                <Pages />
              </Frame>
            </VisitsProvider>
          </LiveProvider>
        )}
      </Route>
    </Switch>
  );
}

/** Whoever administers the platform makes the first merchant; others wait for one. */
function NoMerchant({ admin }: { admin: boolean }) {
  const { t } = useLanguage();
  return (
    <Gate title={t(admin ? "platform.first" : "no_merchant.title")} lead={t(admin ? "platform.first_lead" : "no_merchant.lead")}>
      {admin && (
        <div className="mb-6">
          <NewMerchant onDone={() => undefined} />
        </div>
      )}
      <Account />
    </Gate>
  );
}

function Pages() {
  const { t } = useLanguage();
  return (
    <Switch>
      <Route path="/" component={NowPage} />
      <Route path="/machines" component={Machines} />
      <Route path="/machines/jobs" component={Jobs} />
      <Route path="/machines/jobs/:id" component={JobPage} />
      <Route path="/machines/:no/*?" component={MachinePage} />
      <Route path="/field/*?" component={Field} />
      <Route path="/orders" component={Orders} />
      <Route path="/orders/:id" component={OrderPage} />
      <Route path="/codes" component={Codes} />
      <Route path="/codes/batches" component={Batches} />
      <Route path="/goods" component={Goods} />
      <Route path="/models" component={Models} />
      <Route path="/models/:id" component={ModelPage} />
      <Route path="/alerts/*?" component={AlertsPage} />
      <Route path="/developers/*?" component={Developers} />
      <Route path="/settings/*?" component={SettingsPage} />
      <Route path="/platform/*?" component={PlatformPage} />
      <Route>
        <Page title={t("app.not_found")}>
          <Link href="/" className="text-brand-strong underline">
            {t("nav.now")}
          </Link>
        </Page>
      </Route>
    </Switch>
  );
}
