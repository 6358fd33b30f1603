import { api } from "../../api/client";
import { useRows } from "../../api/rows";
import type { MerchantRow } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { ConfirmButton } from "../../ui/ConfirmButton";
import { DialogButton } from "../../ui/DialogButton";
import { Rows } from "../../ui/Rows";
import { Status, type Tone } from "../../ui/Status";
import { Time } from "../../ui/Time";
import { NewMerchant } from "./NewMerchant";

const tones: Record<MerchantRow["status"], Tone> = { VERIFIED: "ok", PENDING: "wait", REJECTED: "bad" };

/** All merchants of the platform, and whether they may sell. */
export function Merchants() {
  const { t, tCode } = useLanguage();
  const merchants = useRows<MerchantRow>("/merchants");
  return (
    <>
      <div className="mb-3 flex justify-end">
        <DialogButton look="primary" title={t("merchants.new")} dialog={(close) => <NewMerchant onDone={close} />}>
          {t("merchants.new")}
        </DialogButton>
      </div>
      <Rows
        label={t("platform.tab.merchants")}
        query={merchants}
        rowKey={(m) => m.id}
        columns={[
          {
            label: t("nav.merchant"),
            width: "minmax(12rem,2fr)",
            cell: (m) => (
              <>
                <span className="font-medium">{m.title}</span>
                <span className="block font-mono text-sm text-muted">{m.slug}</span>
              </>
            ),
          },
          { label: t("merchants.status"), width: "9rem", cell: (m) => <Status tone={tones[m.status]}>{tCode("merchant_status", m.status)}</Status> },
          { label: t("keys.app_id"), width: "minmax(11rem,1fr)", cell: (m) => <span className="font-mono text-sm break-all">{m.appid}</span> },
          { label: t("merchants.created"), width: "minmax(12.5rem,1fr)", cell: (m) => <Time at={m.created_at} /> },
          {
            label: t("members.actions"),
            width: "minmax(10rem,1fr)",
            cell: (m) => (
              <span className="flex flex-wrap gap-1">
                {(["VERIFIED", "REJECTED"] as const)
                  .filter((status) => status !== m.status)
                  .map((status) => (
                    <ConfirmButton
                      key={status}
                      className="min-h-8 px-2"
                      aria-label={`${t(`merchants.do.${status}`)} ${m.title}`}
                      title={`${t(`merchants.do.${status}`)}: ${m.title}`}
                      action={t(`merchants.do.${status}`)}
                      consequence={t(`merchants.confirm.${status}`)}
                      danger={status === "REJECTED"}
                      act={() => api.put(`/merchants/${m.id}/status`, { status })}
                    >
                      {t(`merchants.do.${status}`)}
                    </ConfirmButton>
                  ))}
              </span>
            ),
          },
        ]}
      />
    </>
  );
}
