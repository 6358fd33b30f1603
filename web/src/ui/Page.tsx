import { useEffect, type ReactNode } from "react";
import { useLanguage } from "../i18n/language";

interface Props {
  title: string;
  actions?: ReactNode;
  children: ReactNode;
}

/** The head and body of a page within the frame. */
export function Page({ title, actions, children }: Props) {
  const { t } = useLanguage();
  useEffect(() => {
    document.title = `${title} · ${t("app.name")}`;
  }, [title, t]);
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <h1 className="min-w-0 break-words">{title}</h1>
        {actions && <div className="flex flex-wrap items-center gap-2">{actions}</div>}
      </div>
      {children}
    </>
  );
}

export function Loading() {
  const { t } = useLanguage();
  return (
    <p role="status" className="p-6 text-center text-muted">
      {t("app.loading")}
    </p>
  );
}

export function Empty({ text, children }: { text: string; children?: ReactNode }) {
  return (
    <div className="card flex flex-col items-center gap-3 p-8 text-center text-muted">
      <p>{text}</p>
      {children}
    </div>
  );
}
