import { Check, Copy as CopyIcon } from "lucide-react";
import { useState } from "react";
import { useLanguage } from "../i18n/language";
import { Button } from "./Button";

/** Copies a text; `name` says of what, for those who do not see it. */
export function Copy({ text, name }: { text: string; name: string }) {
  const { t } = useLanguage();
  const [copied, setCopied] = useState(false);
  const copy = async () => {
    await navigator.clipboard.writeText(text);
    setCopied(true);
    setTimeout(() => setCopied(false), 2_000);
  };
  return (
    <Button look="quiet" className="min-h-7 px-1.5" onClick={() => void copy()} aria-label={`${t("app.copy")}: ${name}`}>
      {copied ? <Check size={15} aria-hidden /> : <CopyIcon size={15} aria-hidden />}
      <span role="status" className="sr-only">
        {copied ? t("app.copied") : ""}
      </span>
    </Button>
  );
}
