import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Upload } from "lucide-react";
import { useState, type ChangeEvent } from "react";
import { api, ApiError } from "../../api/client";
import type { GoodsImport } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { base64Of } from "../../lib/file";
import { Button } from "../../ui/Button";
import { DialogButton } from "../../ui/DialogButton";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field } from "../../ui/Field";
import { ImportPreview } from "./ImportPreview";

/** The button and the dialog that bring goods in from a CSV file. */
export function ImportGoods() {
  const { t } = useLanguage();
  return (
    <DialogButton title={t("goods_import.title")} dialog={(close) => <ImportForm onClose={close} />}>
      <Upload size={16} aria-hidden />
      {t("app.import_csv")}
    </DialogButton>
  );
}

function ImportForm({ onClose }: { onClose: () => void }) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const [file, setFile] = useState("");
  const preview = useMutation({
    mutationFn: async (chosen: File) => {
      const content = await base64Of(chosen);
      setFile(content);
      return api.post<GoodsImport>("/goods/import/preview", { file: content });
    },
  });
  const apply = useMutation({
    mutationFn: () => api.post<GoodsImport>("/goods/import", { file, fingerprint: preview.data?.fingerprint }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["/goods"] }),
  });
  const choose = (event: ChangeEvent<HTMLInputElement>) => {
    apply.reset();
    const chosen = event.target.files?.[0];
    if (chosen) preview.mutate(chosen);
  };
  if (apply.data) {
    return (
      <>
        <p role="status">{t("goods_import.done", { created: apply.data.created, changed: apply.data.changed })}</p>
        <div className="mt-4 flex justify-end">
          <Button onClick={onClose}>{t("app.close")}</Button>
        </div>
      </>
    );
  }
  const todo = preview.data ? preview.data.created + preview.data.changed : 0;
  return (
    <div className="flex flex-col gap-4">
      <p className="text-muted">{t("goods_import.lead")}</p>
      {/* Emptied by the click, the same file can be chosen again once it is mended. */}
      <Field label={t("goods_import.file")} type="file" accept=".csv,text/csv" onClick={(e) => (e.currentTarget.value = "")} onChange={choose} />
      <FileError error={preview.error} />
      {preview.data && <ImportPreview plan={preview.data} />}
      <ErrorNote error={apply.error} />
      <div className="flex justify-end gap-2">
        <Button onClick={onClose}>{t("app.cancel")}</Button>
        <Button look="primary" disabled={todo === 0 || preview.isPending || apply.isPending} onClick={() => apply.mutate()}>
          {t("goods_import.apply", { n: todo })}
        </Button>
      </div>
    </div>
  );
}

/** Says what is wrong with a file as a whole. */
function FileError({ error }: { error: Error | null }) {
  const { t, tCode } = useLanguage();
  if (!(error instanceof ApiError) || error.data.field !== "file") return <ErrorNote error={error} />;
  return (
    <p role="alert" className="rounded-md bg-bad-soft px-3 py-2 text-bad">
      {tCode("goods_import.file", String(error.data.reason))}
      {error.data.line !== undefined && ` ${t("goods_import.at_line", { n: Number(error.data.line) })}`}
    </p>
  );
}
