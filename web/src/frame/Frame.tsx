import { Menu, Search as SearchIcon } from "lucide-react";
import { useEffect, useState, type ReactNode } from "react";
import { useLanguage } from "../i18n/language";
import { Button } from "../ui/Button";
import { Dialog } from "../ui/Dialog";
import { Account } from "./Account";
import { LiveBadge } from "./LiveBadge";
import { Navigation } from "./Navigation";
import { Search } from "./Search";

/** What stands around every page. */
export function Frame({ children }: { children: ReactNode }) {
  const { t } = useLanguage();
  const [open, setOpen] = useState<"menu" | "search" | null>(null);
  useEffect(() => {
    const onKey = (event: KeyboardEvent) => {
      if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
        event.preventDefault();
        setOpen("search");
      }
    };
    window.addEventListener("keydown", onKey);
    return () => window.removeEventListener("keydown", onKey);
  }, []);
  const close = () => setOpen(null);
  return (
    <div className="min-h-screen lg:grid lg:grid-cols-[14rem_minmax(0,1fr)]">
      <a href="#content" className="sr-only focus:not-sr-only focus:absolute focus:z-50 focus:bg-white focus:p-3">
        {t("app.skip")}
      </a>
      <aside aria-label={t("nav.menu")} className="sticky top-0 hidden h-screen flex-col gap-4 border-r border-line bg-white p-3 lg:flex">
        <Brand />
        <Navigation />
        <div className="mt-auto border-t border-line pt-3">
          <Account />
        </div>
      </aside>
      <div className="flex min-w-0 flex-col">
        <header className="sticky top-0 z-30 flex items-center gap-2 border-b border-line bg-white px-3 py-2 lg:px-6">
          <Button look="quiet" className="px-2 lg:hidden" aria-label={t("nav.menu")} onClick={() => setOpen("menu")}>
            <Menu size={20} aria-hidden />
          </Button>
          <span className="lg:hidden">
            <Brand />
          </span>
          <Button className="ml-auto text-muted lg:ml-0 lg:w-80 lg:justify-start" aria-keyshortcuts="Control+K Meta+K" onClick={() => setOpen("search")}>
            <SearchIcon size={16} aria-hidden />
            <span className="sr-only lg:not-sr-only">{t("search.open")}</span>
            <kbd className="ml-auto hidden rounded border border-line px-1.5 text-xs lg:inline">Ctrl K</kbd>
          </Button>
          <div className="lg:ml-auto">
            <LiveBadge />
          </div>
        </header>
        <main id="content" className="mx-auto w-full max-w-[92rem] grow p-3 lg:p-6">
          {children}
        </main>
      </div>
      {open === "search" && <Search onClose={close} />}
      {open === "menu" && (
        <Dialog title={t("nav.menu")} place="side" onClose={close}>
          <Navigation onGo={close} />
          <div className="mt-6 border-t border-line pt-4">
            <Account />
          </div>
        </Dialog>
      )}
    </div>
  );
}

export function Brand() {
  const { t } = useLanguage();
  return (
    <span className="inline-flex items-center gap-2 px-1 text-lg font-bold tracking-tight text-brand-strong">
      <svg width="20" height="22" viewBox="0 0 12 14" aria-hidden>
        <rect width="12" height="14" rx="2" className="fill-brand" />
        <path d="M2.5 3h3v3h-3zm4 0h3v3h-3zm-4 4h3v2h-3zm4 0h3v2h-3z" fill="#fff" />
      </svg>
      {t("app.name")}
    </span>
  );
}
