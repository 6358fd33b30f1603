import { useLocation } from "wouter";
import { api } from "../../api/client";
import type { Model } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { ConfirmButton } from "../../ui/ConfirmButton";

/** Deletes a model with the versions that are seen, and leads to those that are left. */
export function DeleteModel({ model }: { model: Model }) {
  const { t } = useLanguage();
  const [, navigate] = useLocation();
  return (
    <ConfirmButton
      title={t("models.delete_title", { name: model.name })}
      action={t("models.delete")}
      consequence={t("models.delete_confirm", { name: model.name, n: model.versions.length })}
      act={async () => {
        await api.delete(`/models/${model.id}?base=${model.versions[0]?.version}`);
        navigate("/models");
      }}
    >
      {t("models.delete")}
    </ConfirmButton>
  );
}
