import { useMutation } from "@tanstack/react-query";
import { useLocation } from "wouter";
import { api } from "../api/client";
import { useSession } from "../api/session";
import type { Session } from "../api/types";
import { useLanguage } from "../i18n/language";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { Gate } from "./Gate";
import { NewAccountFields, useEntry } from "./SignIn";

/** Where the link of an invitation leads. The token is behind the #, which no server sees. */
export function Accept() {
  const { session } = useSession();
  const token = window.location.hash.slice(1);
  return session ? <AcceptAs token={token} email={session.user.email} /> : <AcceptAsNew token={token} />;
}

function AcceptAs({ token, email }: { token: string; email: string }) {
  const { t } = useLanguage();
  const { enter } = useSession();
  const [, navigate] = useLocation();
  const join = useMutation({
    mutationFn: () => api.post<Session>("/invitations/accept", { token }),
    onSuccess: (session) => {
      enter(session);
      navigate("/", { replace: true });
    },
  });
  return (
    <Gate title={t("accept.title")} lead={t("accept.as", { email })}>
      <ErrorNote error={join.error} />
      <Button look="primary" className="w-full" disabled={join.isPending} onClick={() => join.mutate()}>
        {t("accept.submit")}
      </Button>
    </Gate>
  );
}

function AcceptAsNew({ token }: { token: string }) {
  const { t, language } = useLanguage();
  const form = useEntry("/invitations/accept", { token, language });
  return (
    <Gate title={t("accept.title")} lead={t("accept.lead")}>
      <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <NewAccountFields />
        <ErrorNote error={form.error} />
        <Button type="submit" look="primary" disabled={form.isPending}>
          {t("accept.submit")}
        </Button>
      </form>
    </Gate>
  );
}
