import { Link } from "wouter";

export interface Tab {
  href: string;
  label: string;
  current: boolean;
}

/** Links that look like tabs: each is a place of its own. */
export function Tabs({ label, tabs }: { label: string; tabs: Tab[] }) {
  return (
    <nav aria-label={label} className="mb-4 overflow-x-auto border-b border-line">
      <ul className="flex gap-1">
        {tabs.map((tab) => (
          <li key={tab.href}>
            <Link
              href={tab.href}
              aria-current={tab.current ? "page" : undefined}
              className={`block border-b-2 px-3 py-2 font-medium whitespace-nowrap ${tab.current ? "border-brand text-brand-strong" : "border-transparent text-muted hover:text-ink"}`}
            >
              {tab.label}
            </Link>
          </li>
        ))}
      </ul>
    </nav>
  );
}
