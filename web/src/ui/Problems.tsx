import type { ChannelProblem } from "../api/types";
import { useLanguage } from "../i18n/language";

/** Why something cannot be done, channel by channel. */
export function Problems({ problems }: { problems: ChannelProblem[] }) {
  const { t, tCode } = useLanguage();
  return (
    <ul className="flex flex-col gap-1">
      {problems.map((p) => (
        <li key={`${p.line} ${p.channel} ${p.reason}`}>
          {p.line > 0 && <span className="text-muted">{t("problem.line", { n: p.line })} </span>}
          {p.channel && <span className="font-semibold">{p.channel} </span>}
          {tCode("problem", p.reason)}
        </li>
      ))}
    </ul>
  );
}
