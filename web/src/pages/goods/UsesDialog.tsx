import type { GoodRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { Dialog } from "../../ui/Dialog";
import { Uses } from "./Uses";

export function UsesDialog({ good, onClose }: { good: GoodRow; onClose: () => void }) {
  const { t } = useLanguage();
  return (
    <Dialog title={`${t("goods.used")}: ${good.name}`} place="side" onClose={onClose}>
      <Uses goodId={good.id} />
    </Dialog>
  );
}
