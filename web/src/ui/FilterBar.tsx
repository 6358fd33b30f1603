import { Search } from "lucide-react";
import { useEffect, useState } from "react";

interface SearchProps {
  label: string;
  value: string;
  onChange: (value: string) => void;
}

/** A search field that waits for a pause in the typing. */
export function SearchField({ label, value, onChange }: SearchProps) {
  const [text, setText] = useState(value);
  useEffect(() => setText(value), [value]);
  useEffect(() => {
    if (text === value) return;
    const timer = setTimeout(() => onChange(text), 300);
    return () => clearTimeout(timer);
  }, [text, value, onChange]);
  return (
    <label className="relative block">
      <span className="sr-only">{label}</span>
      <Search size={16} className="pointer-events-none absolute top-3 left-2.5 text-muted" aria-hidden />
      <input type="search" className="control w-60 max-w-full pl-8!" placeholder={label} value={text} onChange={(e) => setText(e.target.value)} />
    </label>
  );
}

interface ViewsProps {
  label: string;
  value: string;
  views: { value: string; label: string }[];
  onChange: (value: string) => void;
}

/** A choice of one, as buttons side by side. */
export function Views({ label, value, views, onChange }: ViewsProps) {
  return (
    <div role="group" aria-label={label} className="flex flex-wrap gap-1">
      {views.map((view) => (
        <button
          key={view.value}
          type="button"
          aria-pressed={view.value === value}
          onClick={() => onChange(view.value)}
          className={`min-h-9 rounded-full border px-3 py-1 ${view.value === value ? "border-brand bg-brand-soft font-medium text-brand-strong" : "border-line bg-white hover:bg-ground"}`}
        >
          {view.label}
        </button>
      ))}
    </div>
  );
}
