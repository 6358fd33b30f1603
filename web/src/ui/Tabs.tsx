import { Link, useLocation } from "wouter";

interface Tab {
  href: string;
  label: string;
}

/** Links that look like tabs: each is a place of its own, which can have places below it. */
export function Tabs({ label, tabs }: { label: string; tabs: Tab[] }) {
  const [here] = useLocation();
  const around = tabs.map((tab) => tab.href).filter((href) => here === href || here.startsWith(`${href}/`));
  const current = around.reduce((nearest, href) => (href.length > nearest.length ? href : nearest), "");
  return (
    <nav aria-label={label} className="mb-4 overflow-x-auto border-b border-line">
      <ul className="flex gap-1">
        {tabs.map((tab) => (
          <li key={tab.href}>
            <Link
              href={tab.href}
              aria-current={tab.href === current ? "page" : undefined}
              className={`block border-b-2 px-3 py-2 font-medium whitespace-nowrap ${tab.href === current ? "border-brand text-brand-strong" : "border-transparent text-muted hover:text-ink"}`}
            >
              {tab.label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
