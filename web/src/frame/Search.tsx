import { useQuery } from "@tanstack/react-query";
import { useEffect, useState, type KeyboardEvent } from "react";
import { useLocation } from "wouter";
import { api } from "../api/client";
import type { Hit, List } from "../api/types";
import { useLanguage } from "../i18n/language";
import { Dialog } from "../ui/Dialog";
import { ErrorNote } from "../ui/ErrorNote";

/** Where a hit is shown. A code is found by its digits, which are what was searched. */
function placeOf(hit: Hit, wanted: string): string {
  const ref = encodeURIComponent(hit.ref);
  switch (hit.kind) {
    case "machine":
      return `/machines/${ref}`;
    case "code":
      return `/codes?q=${encodeURIComponent(wanted)}`;
    case "good":
      return `/goods?q=${encodeURIComponent(hit.title)}`;
    case "request":
      return `/developers/requests/${ref}`;
    default:
      return `/orders/${ref}`;
  }
}

/** Finds whatever has the pasted id and goes there. */
export function Search({ onClose }: { onClose: () => void }) {
  const { t, tCode } = useLanguage();
  const [, navigate] = useLocation();
  const [text, setText] = useState("");
  const [wanted, setWanted] = useState("");
  const [chosen, setChosen] = useState(0);
  useEffect(() => {
    const timer = setTimeout(() => setWanted(text.trim()), 200);
    return () => clearTimeout(timer);
  }, [text]);
  const found = useQuery({
    queryKey: ["search", wanted],
    enabled: wanted !== "",
    queryFn: ({ signal }) => api.get<List<Hit>>("/search", { q: wanted }, signal),
  });
  const hits = wanted ? (found.data?.items ?? []) : [];
  useEffect(() => setChosen(0), [found.data]);

  const go = (hit: Hit | undefined) => {
    if (!hit) return;
    navigate(placeOf(hit, wanted));
    onClose();
  };
  const onKey = (event: KeyboardEvent) => {
    if (event.key === "ArrowDown") setChosen((n) => Math.min(n + 1, hits.length - 1));
    else if (event.key === "ArrowUp") setChosen((n) => Math.max(n - 1, 0));
    else if (event.key === "Enter") go(hits[chosen]);
    else return;
    event.preventDefault();
  };
  return (
    <Dialog title={t("search.title")} onClose={onClose}>
      <input
        type="text"
        role="combobox"
        aria-expanded={hits.length > 0}
        aria-controls="search-hits"
        aria-activedescendant={hits.length ? `hit-${chosen}` : undefined}
        aria-label={t("search.open")}
        className="control w-full"
        placeholder={t("search.hint")}
        value={text}
        onChange={(e) => setText(e.target.value)}
        onKeyDown={onKey}
      />
      <div className="mt-3">
        <ErrorNote error={found.error} />
        {found.isSuccess && hits.length === 0 && wanted && <p className="p-3 text-muted">{t("search.empty")}</p>}
      </div>
      <ul id="search-hits" role="listbox" aria-label={t("search.title")}>
        {hits.map((hit, i) => (
          <li
            key={`${hit.kind}-${hit.ref}`}
            id={`hit-${i}`}
            role="option"
            aria-selected={i === chosen}
            onClick={() => go(hit)}
            className={`flex cursor-pointer items-baseline justify-between gap-3 rounded px-3 py-2 ${i === chosen ? "bg-brand-soft" : "hover:bg-ground"}`}
          >
            <span className="min-w-0 break-words">{hit.title || hit.ref}</span>
            <span className="text-sm text-muted">{tCode("search.kind", hit.kind)}</span>
          </li>
        ))}
      </ul>
    </Dialog>
  );
}
