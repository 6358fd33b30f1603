import { useMutation, useQuery } from "@tanstack/react-query";
import type { FormEvent } from "react";
import { useSearch } from "wouter";
import { address, api, ApiError } from "../api/client";
import { useSession } from "../api/session";
import type { Session, SetUp } from "../api/types";
import { useLanguage } from "../i18n/language";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { Field } from "../ui/Field";
import { Loading } from "../ui/Page";
import { Gate } from "./Gate";

/** Why a sign-in elsewhere came to nothing: the server sends the browser back with a code. */
function useRefusal() {
  const code = new URLSearchParams(useSearch()).get("error");
  return code && /^[a-z_]+$/.test(code) ? new ApiError(403, code, "", "") : null;
}

/** The first page: the set-up if there is no account yet, else the sign-in. */
export function SignIn() {
  const { t } = useLanguage();
  const refusal = useRefusal();
  const setup = useQuery({ queryKey: ["setup"], queryFn: () => api.get<SetUp>("/setup") });
  if (setup.isPending) return <Loading />;
  if (setup.data?.needed) return <FirstAccount />;
  return (
    <Gate title={t("sign_in.title")}>
      <SignInForm />
      {setup.data?.oidc_name && (
        <a href={address("/oidc/start")} className="mt-3 block rounded-md border border-line p-2 text-center font-medium">
          {t("sign_in.oidc", { name: setup.data.oidc_name })}
        </a>
      )}
      <ErrorNote error={setup.error ?? refusal} />
    </Gate>
  );
}

function SignInForm() {
  const { t } = useLanguage();
  const form = useEntry("/session");
  return (
    <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
      <Field label={t("sign_in.email")} name="email" type="email" required autoComplete="username" />
      <Field label={t("sign_in.password")} name="password" type="password" required autoComplete="current-password" />
      <ErrorNote error={form.error} />
      <Button type="submit" look="primary" disabled={form.isPending}>
        {t("sign_in.submit")}
      </Button>
    </form>
  );
}

function FirstAccount() {
  const { t, language } = useLanguage();
  const form = useEntry("/setup", { language });
  return (
    <Gate title={t("setup.title")} lead={t("setup.lead")}>
      <form onSubmit={form.onSubmit} className="flex flex-col gap-4">
        <Field label={t("setup.code")} name="code" required autoComplete="off" />
        <NewAccountFields />
        <ErrorNote error={form.error} />
        <Button type="submit" look="primary" disabled={form.isPending}>
          {t("setup.submit")}
        </Button>
      </form>
    </Gate>
  );
}

export function NewAccountFields() {
  const { t } = useLanguage();
  return (
    <>
      <Field label={t("setup.name")} name="name" required autoComplete="name" />
      <Field label={t("sign_in.email")} name="email" type="email" required autoComplete="username" />
      <Field
        label={t("sign_in.password")}
        hint={t("setup.password_hint")}
        name="password"
        type="password"
        required
        minLength={10}
        autoComplete="new-password"
      />
    </>
  );
}

/** A form whose answer is a session. */
export function useEntry(path: string, more: Record<string, string> = {}) {
  const { enter } = useSession();
  const { mutate, error, isPending } = useMutation({
    mutationFn: (body: object) => api.post<Session>(path, body),
    onSuccess: enter,
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    mutate({ ...Object.fromEntries(new FormData(event.currentTarget)), ...more });
  };
  return { onSubmit, error, isPending };
}
