import { QrCode } from "lucide-react";
import type { Params } from "../api/client";
import { DownloadButton } from "./DownloadButton";

/** Saves a sheet of QR codes to print. */
export function SheetButton({ path, params, name, label }: { path: string; params?: Params; name: string; label: string }) {
  return <DownloadButton path={path} params={params} kind="application/pdf" name={`${name}.pdf`} icon={QrCode} label={label} />;
}
