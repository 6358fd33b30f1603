import { useQuery } from "@tanstack/react-query";
import { Link } from "wouter";
import { api } from "../../api/client";
import { machineModelPath } from "../../api/model";
import type { MachineInfo, MachineModel } from "../../api/types";
import { useLanguage } from "../../i18n/language";

/** The model of a machine; one that is a version of a template leads there. */
export function ModelLink({ m }: { m: MachineInfo }) {
  const { t } = useLanguage();
  const path = machineModelPath(m.machine_no);
  const { data } = useQuery({ queryKey: [path], queryFn: ({ signal }) => api.get<MachineModel>(path, {}, signal) });
  if (!data?.id) return m.model;
  return (
    <>
      <Link href={`/models/${data.id}?version=${data.version}`} className="text-brand-strong underline">
        {m.model}
      </Link>
      {data.newest > data.version && <span className="text-muted"> {t("models.newer", { n: data.newest })}</span>}
    </>
  );
}
