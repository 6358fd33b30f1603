import { Link } from "wouter";
import { useRows } from "../../api/rows";
import { useMay } from "../../api/session";
import type { Batch } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { toneOf } from "../../lib/tones";
import { CsvButton } from "../../ui/CsvButton";
import { Page } from "../../ui/Page";
import { Progress } from "../../ui/Progress";
import { Rows } from "../../ui/Rows";
import { SheetButton } from "../../ui/SheetButton";
import { Status } from "../../ui/Status";
import { Time } from "../../ui/Time";
import { BatchLines } from "./BatchLines";
import { CodeTabs } from "./CodeTabs";
import { CreateBatch } from "./CreateBatch";
import { StopBatch } from "./StopBatch";

/** Batches of codes and how far each is; the numbers move while codes are made. */
export function Batches() {
  const { t, tCode } = useLanguage();
  const may = useMay();
  const rows = useRows<Batch>("/codes/batches");
  return (
    <Page title={t("nav.codes")} actions={may("sell_codes") && <CreateBatch />}>
      <CodeTabs />
      <Rows
        label={t("codes.tab.batches")}
        query={rows}
        rowKey={(b) => b.id}
        columns={[
          {
            label: t("batch.batch"),
            width: "minmax(6rem,1fr)",
            cell: (b) => (
              <Link href={`/codes?batch_id=${b.id}`} className="font-medium text-brand-strong underline">
                {t("batch.number", { id: b.id })}
              </Link>
            ),
          },
          { label: t("batch.state"), width: "8rem", cell: (b) => <Status tone={toneOf(b.state)}>{tCode("batch_state", b.state)}</Status> },
          { label: t("batch.progress"), width: "minmax(8rem,1fr)", cell: (b) => <Progress label={t("batch.number", { id: b.id })} text={t("batch.of", { made: b.made, wanted: b.wanted })} value={b.made} max={b.wanted} /> },
          {
            label: t("batch.when"),
            width: "minmax(12.5rem,1fr)",
            cell: (b) => (
              <>
                <Time at={b.created_at} />
                <span className="block text-sm text-muted">{b.created_by}</span>
              </>
            ),
          },
          { label: t("codes.expires"), width: "minmax(12.5rem,1fr)", cell: (b) => (b.expires_at ? <Time at={b.expires_at} /> : t("codes.never")) },
          {
            label: t("batch.actions"),
            width: "minmax(13rem,1.5fr)",
            cell: (b) => (
              <span className="flex flex-wrap items-center gap-1">
                <BatchLines batch={b} />
                <CsvButton path="/codes" params={{ batch_id: b.id }} name={`batch-${b.id}`} />
                {may("see_codes") && <SheetButton path="/sheets/codes" params={{ batch_id: b.id }} name={`batch-${b.id}`} label={t("codes.sheet")} />}
                {may("sell_codes") && <StopBatch batch={b} />}
              </span>
            ),
          },
        ]}
      />
    </Page>
  );
}
