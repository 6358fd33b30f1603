import { useMutation } from "@tanstack/react-query";
import { Download } from "lucide-react";
import { download, type Params } from "../api/client";
import { useLanguage } from "../i18n/language";
import { Button } from "./Button";
import { ErrorNote } from "./ErrorNote";

/** Saves the whole list with the filters in use. */
export function CsvButton({ path, params, name }: { path: string; params: Params; name: string }) {
  const { t } = useLanguage();
  const save = useMutation({ mutationFn: () => download(path, params, "text/csv", `${name}.csv`) });
  return (
    <>
      <Button onClick={() => save.mutate()} disabled={save.isPending}>
        <Download size={16} aria-hidden />
        {t("app.csv")}
      </Button>
      <ErrorNote error={save.error} />
    </>
  );
}
