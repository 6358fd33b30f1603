import { useEffect, type ReactNode } from "react";
import { LanguageButton } from "../frame/Account";
import { Brand } from "../frame/Frame";
import { useLanguage } from "../i18n/language";

/** What stands around a page before somebody is signed in. */
export function Gate({ title, lead, children }: { title: string; lead?: string; children: ReactNode }) {
  const { t } = useLanguage();
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
  }, [title, t]);
  return (
    <main className="mx-auto flex min-h-screen w-full max-w-md flex-col justify-center gap-4 p-4">
      <div className="flex items-center justify-between">
        <Brand />
        <LanguageButton />
      </div>
      <div className="card p-6">
        <h1>{title}</h1>
        {lead && <p className="mt-1 text-muted">{lead}</p>}
        <div className="mt-5">{children}</div>
      </div>
    </main>
  );
}
