/** How full something is. The numbers stand beside it, so it is only drawn. */
export function Bar({ value, total }: { value: number; total: number }) {
  const share = total > 0 ? Math.min(1, value / total) : 0;
  const colour = share < 0.25 ? "fill-bad" : share < 0.5 ? "fill-[#c98a1b]" : "fill-brand";
  return (
    <svg viewBox="0 0 100 6" preserveAspectRatio="none" className="block h-1.5 w-full rounded-full" aria-hidden>
      <rect width="100" height="6" className="fill-[#e3e8ec]" />
      <rect width={share * 100} height="6" className={colour} />
    </svg>
  );
}
