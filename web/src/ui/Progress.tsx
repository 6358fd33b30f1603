interface Props {
  /** Names what goes on, for those who do not see where it stands. */
  label: string;
  text: string;
  value: number;
  max: number;
}

/** How far something is, in words and as a bar. */
export function Progress({ label, text, value, max }: Props) {
  return (
    <>
      <span className="tabular-nums">{text}</span>
      <progress className="block h-2 w-full accent-brand" aria-label={`${label}: ${text}`} max={max} value={value} />
    </>
  );
}
