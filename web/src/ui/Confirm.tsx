import type { ReactNode } from "react";
import { useLanguage } from "../i18n/language";
import { Button } from "./Button";
import { Dialog } from "./Dialog";
import { ErrorNote } from "./ErrorNote";

interface Props {
  title: string;
  /** Names the object and what happens to it. */
  consequence: ReactNode;
  action: string;
  danger?: boolean;
  pending: boolean;
  error: Error | null;
  onConfirm: () => void;
  onClose: () => void;
}

/** Asks before something happens that cannot be taken back. */
export function Confirm({ title, consequence, action, danger, pending, error, onConfirm, onClose }: Props) {
  const { t } = useLanguage();
  return (
    <Dialog title={title} onClose={onClose}>
      <div className="flex flex-col gap-4">
        <div>{consequence}</div>
        <ErrorNote error={error} />
        <div className="flex flex-wrap justify-end gap-2">
          <Button onClick={onClose}>{t("app.cancel")}</Button>
          <Button look={danger ? "danger" : "primary"} disabled={pending} onClick={onConfirm}>
            {action}
          </Button>
        </div>
      </div>
    </Dialog>
  );
}
