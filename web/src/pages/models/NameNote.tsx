import { ApiError } from "../../api/client";
import { useLanguage } from "../../i18n/language";
import { ErrorNote } from "../../ui/ErrorNote";

/** Why a model cannot be called so, or what else went wrong. */
export function NameNote({ error }: { error: Error | null }) {
  const { t } = useLanguage();
  const taken = error instanceof ApiError && error.data.field === "name" && error.data.reason === "taken";
  if (!taken) return <ErrorNote error={error} />;
  return (
    <p role="alert" className="text-bad">
      {t("models.name_taken")}
    </p>
  );
}
