import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "../../api/client";
import type { RotatedKey, Secret } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Confirm } from "../../ui/Confirm";
import { Select } from "../../ui/Field";
import { SecretDialog } from "../../ui/SecretDialog";
import { Time } from "../../ui/Time";

const hour = 3_600_000;
const overlaps = { none: 0, hour, day: 24 * hour, week: 7 * 24 * hour };
type Overlap = keyof typeof overlaps;

/** Asks for how long the old credential stays good, then shows the new one once. */
export function RotateDialog({ which, onClose }: { which: Secret; onClose: () => void }) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const [overlap, setOverlap] = useState<Overlap>("day");
  const name = t(`keys.${which}`);
  const rotate = useMutation({
    mutationFn: () => api.post<RotatedKey>("/developers/keys/rotate", { which, overlap: overlaps[overlap] }),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["/developers/keys"] }),
  });
  if (rotate.data) {
    return (
      <SecretDialog title={name} note={t("keys.once")} secret={rotate.data.secret} onClose={onClose}>
        {rotate.data.previous_until > 0 && (
          <p className="mt-3 text-muted">
            {t("keys.previous")} <Time at={rotate.data.previous_until} />
          </p>
        )}
      </SecretDialog>
    );
  }
  return (
    <Confirm
      title={t("keys.rotate_title", { name })}
      consequence={
        <div className="flex flex-col gap-3">
          <p>{t(`keys.confirm.${which}`)}</p>
          <Select label={t("keys.overlap")} value={overlap} onChange={(value) => setOverlap(value as Overlap)}>
            {(Object.keys(overlaps) as Overlap[]).map((value) => (
              <option key={value} value={value}>
                {t(`keys.overlap.${value}`)}
              </option>
            ))}
          </Select>
        </div>
      }
      action={t("keys.rotate")}
      danger
      pending={rotate.isPending}
      error={rotate.error}
      onConfirm={() => rotate.mutate()}
      onClose={onClose}
    />
  );
}
