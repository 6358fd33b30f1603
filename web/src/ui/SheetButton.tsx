import { useMutation } from "@tanstack/react-query";
import { QrCode } from "lucide-react";
import { download, type Params } from "../api/client";
import { Button } from "./Button";
import { ErrorNote } from "./ErrorNote";

interface Props {
  path: string;
  params: Params;
  name: string;
  label: string;
  className?: string;
}

/** Saves a sheet of QR codes to print. */
export function SheetButton({ path, params, name, label, className }: Props) {
  const save = useMutation({ mutationFn: () => download(path, params, "application/pdf", `${name}.pdf`) });
  return (
    <>
      <Button className={className} onClick={() => save.mutate()} disabled={save.isPending}>
        <QrCode size={16} aria-hidden />
        {label}
      </Button>
      <ErrorNote error={save.error} />
    </>
  );
}
