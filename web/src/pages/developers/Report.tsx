import type { ReactNode } from "react";
import type { SignatureReport } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Status } from "../../ui/Status";
import { Json } from "../../ui/Json";

/** How the server checked a signature, step by step. */
export function Report({ report: r }: { report: SignatureReport }) {
  const { t, tCode } = useLanguage();
  return (
    <section className="card flex min-w-0 flex-col gap-4 p-4" aria-live="polite">
      <div className={`rounded-md p-3 ${r.accepted ? "bg-ok-soft text-ok" : "bg-bad-soft text-bad"}`}>
        <p className="text-lg font-semibold">{tCode("diagnosis", r.diagnosis)}</p>
        {r.detail && <p className="text-sm break-words">{r.detail}</p>}
        {r.key === "previous" && <p className="text-sm">{t("keys.fits_previous")}</p>}
      </div>
      <Part title={t("debug.steps")}>
        <ol className="flex flex-col gap-1">
          {r.steps.map((step) => (
            <li key={step.name} className="flex flex-wrap justify-between gap-2">
              {tCode("debug_step", step.name)}
              <Status tone={step.ok ? "ok" : "bad"}>{t(step.ok ? "debug_ok.true" : "debug_ok.false")}</Status>
            </li>
          ))}
        </ol>
      </Part>
      {r.expected && (
        <Part title={`${t("debug.expected")} / ${t("debug.received")}`}>
          <Beside expected={r.expected} received={r.received} />
        </Part>
      )}
      {r.canonical && (
        <Part title={t("debug.canonical")}>
          <Marked text={r.canonical} from={r.sender_canonical ? r.first_difference : -1} label={t("debug.canonical")} />
        </Part>
      )}
      {r.sender_canonical && (
        <Part title={t("debug.sender")}>
          <Marked text={r.sender_canonical} from={r.first_difference} label={t("debug.sender")} />
          {r.first_difference >= 0 && <p className="mt-1 text-sm">{t("debug.difference", { n: r.first_difference + 1 })}</p>}
        </Part>
      )}
      {r.pairs.length > 0 && (
        <Part title={t("debug.pairs")}>
          <Table heads={[t("debug.name"), t("debug.value")]} rows={r.pairs.map((p) => [p.name, p.text])} />
        </Part>
      )}
      {r.dropped.length > 0 && (
        <Part title={t("debug.dropped")}>
          <Table heads={[t("debug.name"), t("debug.reason")]} rows={r.dropped.map((d) => [d.name, tCode("dropped", d.reason)])} />
        </Part>
      )}
      {r.payload && (
        <Part title={t("debug.payload")}>
          <Json value={r.payload} label={t("debug.payload")} />
        </Part>
      )}
    </section>
  );
}

export function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="min-w-0">
      <h2 className="mb-1.5">{title}</h2>
      {children}
    </div>
  );
}

function Beside({ expected, received }: { expected: string; received: string }) {
  const { t } = useLanguage();
  let same = 0;
  while (same < expected.length && expected[same] === received[same]) same++;
  const differs = expected !== received;
  return (
    <dl className="grid grid-cols-[auto_minmax(0,1fr)] gap-x-3 gap-y-1 font-mono text-sm break-all">
      <dt className="font-sans text-muted">{t("debug.expected")}</dt>
      <dd>
        <Split text={expected} from={differs ? same : -1} />
      </dd>
      <dt className="font-sans text-muted">{t("debug.received")}</dt>
      <dd>{received ? <Split text={received} from={differs ? same : -1} /> : t("debug.none")}</dd>
    </dl>
  );
}

function Marked({ text, from, label }: { text: string; from: number; label: string }) {
  return (
    <pre tabIndex={0} role="region" aria-label={label} className="max-h-48 overflow-auto rounded bg-ground p-2 font-mono text-xs break-all whitespace-pre-wrap">
      <Split text={text} from={from} />
    </pre>
  );
}

/** A text with everything from a place on marked; -1 marks nothing. */
function Split({ text, from }: { text: string; from: number }) {
  if (from < 0) return text;
  return (
    <>
      {text.slice(0, from)}
      <mark className="bg-[#ffd9a0]">{text.slice(from)}</mark>
    </>
  );
}

function Table({ heads, rows }: { heads: string[]; rows: string[][] }) {
  return (
    <table className="grid-table">
      <thead>
        <tr>
          {heads.map((head) => (
            <th key={head} scope="col">
              {head}
            </th>
          ))}
        </tr>
      </thead>
      <tbody className="font-mono text-xs break-all">
        {rows.map((row, i) => (
          <tr key={i}>
            {row.map((cell, j) => (
              <td key={j}>{cell}</td>
            ))}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
