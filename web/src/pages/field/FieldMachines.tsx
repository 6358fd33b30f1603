import { useState, type FormEvent } from "react";
import { Link, useLocation } from "wouter";
import { useRows } from "../../api/rows";
import { useVisits } from "../../api/visits";
import type { MachineRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { byNeed, machineNoOf } from "../../lib/visit";
import { Bar } from "../../ui/Bar";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field } from "../../ui/Field";
import { Loading, Page } from "../../ui/Page";
import { Status } from "../../ui/Status";
import { RestockTabs } from "./RestockTabs";
import { WaitingVisits } from "./WaitingVisits";

/** My machines by need. */
export function FieldMachines() {
  const { t } = useLanguage();
  const { kept } = useVisits();
  const rows = useRows<MachineRow>("/machines", { limit: 200 });
  return (
    <Page title={t("field.title")}>
      <RestockTabs />
      <div className="mx-auto flex max-w-2xl flex-col gap-4">
        <WaitingVisits />
        <OpenMachine />
        <h2>{t("field.by_need")}</h2>
        {rows.isPending && <Loading />}
        <ErrorNote error={rows.data ? null : rows.error} onRetry={() => void rows.refetch()} />
        <ul className="flex flex-col gap-2">
          {byNeed(rows.data ?? []).map((m) => (
            <li key={m.id}>
              <Link href={`/field/${encodeURIComponent(m.machine_no)}`} className="card block p-4 hover:border-brand">
                <span className="flex flex-wrap items-center gap-2">
                  <span className="grow text-lg font-semibold">{m.name || m.machine_no}</span>
                  {kept.drafts[m.machine_no] && <Status tone="info">{t("field.draft")}</Status>}
                  {m.faulty > 0 && <Status tone="bad">{t("machines.faulty", { n: m.faulty })}</Status>}
                  {m.sold_out > 0 && <Status tone="warn">{t("machines.sold_out", { n: m.sold_out })}</Status>}
                  {!m.is_online && <Status tone="off">{t("machine.offline")}</Status>}
                </span>
                <span className="my-2 block">
                  <Bar value={m.stock} total={m.capacity} />
                </span>
                <span className="text-sm text-muted">
                  {m.machine_no} · {t("machines.stock_of", { n: m.stock, total: m.capacity })} · {m.address}
                </span>
              </Link>
            </li>
          ))}
        </ul>
        {rows.hasNextPage && <Button onClick={() => void rows.fetchNextPage()}>{t("field.more")}</Button>}
      </div>
    </Page>
  );
}

/** Opens a machine by its number, or by what its QR code says. */
function OpenMachine() {
  const { t } = useLanguage();
  const [text, setText] = useState("");
  const [, navigate] = useLocation();
  const open = (event: FormEvent) => {
    event.preventDefault();
    const no = machineNoOf(text);
    if (no) navigate(`/field/${encodeURIComponent(no)}`);
  };
  return (
    <form onSubmit={open} className="flex items-end gap-2">
      <Field className="grow" label={t("field.open")} value={text} onChange={(e) => setText(e.target.value)} autoComplete="off" />
      <Button type="submit" look="primary">
        {t("field.go")}
      </Button>
    </form>
  );
}
