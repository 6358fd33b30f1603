import { useMutation } from "@tanstack/react-query";
import { Languages, LogOut } from "lucide-react";
import { useLocation } from "wouter";
import { api } from "../api/client";
import { useSession } from "../api/session";
import type { Session } from "../api/types";
import { useLanguage } from "../i18n/language";
import { Button } from "../ui/Button";
import { ErrorNote } from "../ui/ErrorNote";
import { Select } from "../ui/Field";

/** Who is signed in and where; the merchant is switched here. */
export function Account() {
  const { t, tCode } = useLanguage();
  const { session, enter } = useSession();
  const [, navigate] = useLocation();
  const leave = useMutation({ mutationFn: () => api.delete("/session"), onSuccess: () => enter(null) });
  const change = useMutation({
    mutationFn: (id: string) => api.put<Session>("/session/merchant", { merchant_id: Number(id) }),
    onSuccess: (next) => {
      enter(next);
      navigate("/");
    },
  });
  if (!session) return null;
  const { user, merchant, memberships } = session;
  return (
    <div className="flex flex-col gap-2">
      {memberships.length > 1 && (
        <Select label={t("nav.merchant")} value={String(merchant?.id ?? "")} onChange={(id) => change.mutate(id)}>
          {memberships.map((m) => (
            <option key={m.merchant_id} value={m.merchant_id}>
              {m.title}
            </option>
          ))}
        </Select>
      )}
      <ErrorNote error={change.error ?? leave.error} />
      <div className="text-sm">
        {memberships.length < 2 && merchant && <p className="font-medium">{merchant.title}</p>}
        <p className="break-words text-muted">
          {user.email}
          {merchant && <span className="block">{tCode("role", merchant.role)}</span>}
        </p>
      </div>
      <div className="flex flex-wrap gap-1">
        <LanguageButton />
        <Button look="quiet" className="px-2" onClick={() => leave.mutate()}>
          <LogOut size={16} aria-hidden />
          {t("sign_in.out")}
        </Button>
      </div>
    </div>
  );
}

/** Switches to the other language, also for the next sign-in. */
export function LanguageButton() {
  const { t, language, setLanguage } = useLanguage();
  const { session } = useSession();
  const next = language === "en" ? "zh-CN" : "en";
  const change = () => {
    setLanguage(next);
    // The page has switched; that the server remembers it is a convenience.
    if (session) void api.put("/session/language", { language: next }).catch(() => undefined);
  };
  return (
    <Button look="quiet" className="px-2" onClick={change} lang={next}>
      <Languages size={16} aria-hidden />
      {t("language.switch")}
    </Button>
  );
}
