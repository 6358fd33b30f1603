import { useSearch, useLocation } from "wouter";

/** The filters of a page, kept in its URL so that a view can be shared. */
export function useFilters<Name extends string>(names: readonly Name[]) {
  const search = useSearch();
  const [path, navigate] = useLocation();
  const query = new URLSearchParams(search);
  const values = Object.fromEntries(names.map((name) => [name, query.get(name) ?? ""])) as Record<Name, string>;

  const set = (changes: Partial<Record<Name, string>>) => {
    const next = new URLSearchParams(window.location.search);
    for (const [name, value] of Object.entries(changes) as [string, string][]) {
      if (value) next.set(name, value);
      else next.delete(name);
    }
    navigate(next.size ? `${path}?${next}` : path, { replace: true });
  };
  const clear = () => navigate(path, { replace: true });
  return { values, set, clear, active: names.some((name) => values[name] !== "") };
}
