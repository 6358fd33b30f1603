import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import { machineModelPath } from "../../api/model";
import type { LayoutDiff, Model } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Problems } from "../../ui/Problems";
import { MachineChoice } from "../codes/choices";

/** Shows what a version of a model would change at a machine, and applies it. */
export function ApplyModel({ model, onDone }: { model: Model; onDone: () => void }) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const [no, setNo] = useState("");
  const choice = { model_id: model.id, version: model.version };
  const path = machineModelPath(no);
  const diff = useQuery({ queryKey: [path, "compare", choice], queryFn: () => api.post<LayoutDiff>(`${path}/compare`, choice), enabled: no !== "" });
  const apply = useMutation({
    mutationFn: () => api.put(path, choice),
    onSuccess: async () => {
      await queries.invalidateQueries();
      onDone();
    },
    onError: () => diff.refetch(),
  });
  const d = diff.data;
  return (
    <div className="flex flex-col gap-4">
      <MachineChoice value={no} onChange={setNo} />
      <ErrorNote error={diff.error} />
      <div role="status">{d && <Changes diff={d} />}</div>
      {d && d.problems.length > 0 && (
        <div role="alert" className="rounded-md border border-bad/40 bg-bad-soft px-3 py-2 text-bad">
          <p className="font-medium">{t("models.refused")}</p>
          <Problems problems={d.problems} />
        </div>
      )}
      <p className="text-muted">{t("models.apply_lead")}</p>
      <ErrorNote error={apply.error} />
      <Button look="primary" disabled={!d || d.problems.length > 0 || apply.isPending} onClick={() => apply.mutate()}>
        {t("planogram.apply")}
      </Button>
    </div>
  );
}

function Changes({ diff: d }: { diff: LayoutDiff }) {
  const { t } = useLanguage();
  const names = (channels: { name: string }[]) => channels.map((c) => c.name).join(" ");
  const lines = [
    d.added.length > 0 && t("models.added", { n: d.added.length, names: names(d.added) }),
    d.removed.length > 0 && t("models.removed", { n: d.removed.length, names: names(d.removed) }),
    d.changed.length > 0 && t("models.changed_n", { n: d.changed.length, names: names(d.changed.map((c) => c.before)) }),
    d.boards && t("models.boards_differ"),
  ].filter((line) => line !== false);
  if (lines.length === 0) return <p>{t("models.same")}</p>;
  return (
    <ul className="flex flex-col gap-1">
      {lines.map((line) => (
        <li key={line} className="rounded bg-ground px-3 py-1.5 break-words">
          {line}
        </li>
      ))}
    </ul>
  );
}
