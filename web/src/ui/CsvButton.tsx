import { Download } from "lucide-react";
import type { Params } from "../api/client";
import { useLanguage } from "../i18n/language";
import { DownloadButton } from "./DownloadButton";

/** Saves the whole list with the filters in use. */
export function CsvButton({ path, params, name }: { path: string; params?: Params; name: string }) {
  const { t } = useLanguage();
  return <DownloadButton path={path} params={params} kind="text/csv" name={`${name}.csv`} icon={Download} label={t("app.csv")} />;
}
