/** A message as it was, laid out to be read. */
export function Json({ value, label }: { value: unknown; label: string }) {
  return (
    <pre tabIndex={0} role="region" aria-label={label} className="max-h-80 overflow-auto rounded bg-ground p-2 font-mono text-xs leading-relaxed break-all whitespace-pre-wrap">
      {typeof value === "string" ? value : JSON.stringify(value, null, 2)}
    </pre>
  );
}
