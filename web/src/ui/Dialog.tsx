import * as Radix from "@radix-ui/react-dialog";
import { X } from "lucide-react";
import type { ReactNode } from "react";
import { useLanguage } from "../i18n/language";

interface Props {
  title: string;
  onClose: () => void;
  children: ReactNode;
  /** "side" fills the right edge; "centre" is a box. */
  place?: "side" | "centre";
}

const places = {
  centre: "top-[8vh] left-1/2 max-h-[84vh] w-[min(34rem,94vw)] -translate-x-1/2 rounded-lg",
  side: "inset-y-0 right-0 w-[min(28rem,94vw)]",
};

/** A dialog that is open for as long as it is rendered. */
export function Dialog({ title, onClose, children, place = "centre" }: Props) {
  const { t } = useLanguage();
  return (
    <Radix.Root open onOpenChange={(open) => !open && onClose()}>
      <Radix.Portal>
        <Radix.Overlay className="fixed inset-0 z-40 bg-black/40" />
        <Radix.Content aria-describedby={undefined} className={`fixed z-50 overflow-y-auto bg-white p-5 shadow-xl ${places[place]}`}>
          <div className="mb-4 flex items-start justify-between gap-3">
            <Radix.Title className="text-lg font-semibold">{title}</Radix.Title>
            <Radix.Close aria-label={t("app.close")} className="rounded p-1 hover:bg-black/5">
              <X size={20} aria-hidden />
            </Radix.Close>
          </div>
          {children}
        </Radix.Content>
      </Radix.Portal>
    </Radix.Root>
  );
}
