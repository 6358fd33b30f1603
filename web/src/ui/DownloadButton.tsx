import { useMutation } from "@tanstack/react-query";
import type { LucideIcon } from "lucide-react";
import { download, type FileKind, type Params } from "../api/client";
import { Button } from "./Button";
import { ErrorNote } from "./ErrorNote";

interface Props {
  path: string;
  params?: Params;
  kind: FileKind;
  /** Of the file. */
  name: string;
  icon: LucideIcon;
  label: string;
}

/** Saves what the server answers as a file. */
export function DownloadButton({ path, params = {}, kind, name, icon: Icon, label }: Props) {
  const save = useMutation({ mutationFn: () => download(path, params, kind, name) });
  return (
    <>
      <Button onClick={() => save.mutate()} disabled={save.isPending}>
        <Icon size={16} aria-hidden />
        {label}
      </Button>
      <ErrorNote error={save.error} />
    </>
  );
}
