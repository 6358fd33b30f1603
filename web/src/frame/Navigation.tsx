import { Link, useLocation } from "wouter";
import { useMay } from "../api/session";
import { useLanguage } from "../i18n/language";
import { places } from "./places";

export function Navigation({ onGo }: { onGo?: () => void }) {
  const { t } = useLanguage();
  const may = useMay();
  const [here] = useLocation();
  return (
    <nav aria-label={t("nav.label")}>
      <ul className="flex flex-col gap-0.5">
        {places
          .filter((place) => may(place.may))
          .map(({ href, label, icon: Icon }) => {
            const current = href === "/" ? here === "/" : here.startsWith(href);
            return (
              <li key={href}>
                <Link
                  href={href}
                  onClick={onGo}
                  aria-current={current ? "page" : undefined}
                  className={`flex items-center gap-2.5 rounded-md px-3 py-2 ${current ? "bg-brand-soft font-semibold text-brand-strong" : "text-ink hover:bg-black/5"}`}
                >
                  <Icon size={18} aria-hidden />
                  {t(label)}
                </Link>
              </li>
            );
          })}
      </ul>
    </nav>
  );
}
