import { useState } from "react";
import { useParams } from "wouter";
import { useModel } from "../../api/model";
import { useMay } from "../../api/session";
import type { Model } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { useFilters } from "../../lib/filters";
import { Button } from "../../ui/Button";
import { DialogButton } from "../../ui/DialogButton";
import { ErrorNote } from "../../ui/ErrorNote";
import { Loading, Page } from "../../ui/Page";
import { Time } from "../../ui/Time";
import { ApplyModel } from "./ApplyModel";
import { DeleteModel } from "./DeleteModel";
import { LayoutEditor } from "./LayoutEditor";
import { LayoutView } from "./LayoutView";
import { RenameModel } from "./RenameModel";

/** A layout template: one of its versions, and what can be done with it. */
export function ModelPage() {
  const { t } = useLanguage();
  const may = useMay();
  const { id = "" } = useParams();
  const { values, set } = useFilters(["version"] as const);
  const model = useModel(Number(id), Number(values.version));
  // As it was when the editing began: the page hears of versions of others, which must not be overwritten.
  const [edited, setEdited] = useState<Model | null>(null);
  const m = model.data;
  if (!m) {
    return (
      <Page title={t("nav.models")}>
        <ErrorNote error={model.error} onRetry={() => void model.refetch()} />
        {model.isPending && <Loading />}
      </Page>
    );
  }
  const newest = m.version === m.versions[0]?.version;
  return (
    <Page
      title={m.name}
      actions={
        may("edit_planogram") &&
        !edited && (
          <>
            <DialogButton title={t("models.rename_title", { name: m.name })} dialog={(close) => <RenameModel model={m} onDone={close} />}>
              {t("models.rename")}
            </DialogButton>
            <DeleteModel model={m} />
            {newest && <Button onClick={() => setEdited(m)}>{t("models.edit")}</Button>}
            <DialogButton look="primary" title={t("models.apply_title", { name: m.name, n: m.version })} dialog={(close) => <ApplyModel model={m} onDone={close} />}>
              {t("models.apply")}
            </DialogButton>
          </>
        )
      }
    >
      {edited ? (
        <LayoutEditor
          model={edited}
          onDone={() => {
            setEdited(null);
            set({ version: "" });
          }}
        />
      ) : (
        <div className="grid gap-4 lg:grid-cols-[minmax(0,1fr)_19rem]">
          <LayoutView layout={m.layout} />
          <Versions model={m} onShow={(version) => set({ version: String(version) })} />
        </div>
      )}
    </Page>
  );
}

function Versions({ model, onShow }: { model: Model; onShow: (version: number) => void }) {
  const { t } = useLanguage();
  return (
    <section className="card h-fit p-4">
      <h2 className="mb-2">{t("models.versions")}</h2>
      <p className="mb-3 text-sm text-muted">{t("models.versions_lead")}</p>
      <ul className="flex flex-col gap-2">
        {model.versions.map((v) => (
          <li key={v.version}>
            <button
              type="button"
              aria-pressed={v.version === model.version}
              onClick={() => onShow(v.version)}
              className={`w-full rounded-md border px-3 py-2 text-left ${v.version === model.version ? "border-brand bg-brand-soft" : "border-line hover:bg-ground"}`}
            >
              <span className="font-semibold">{t("models.v", { n: v.version })}</span>{" "}
              <span className="text-sm">{t("models.version_facts", { channels: v.channels, machines: v.machines })}</span>
              <span className="block text-sm text-muted">
                <Time at={v.created_at} /> {v.created_by}
              </span>
            </button>
          </li>
        ))}
      </ul>
    </section>
  );
}
