import { useLanguage } from "../i18n/language";
import { Status } from "./Status";
import { Ago } from "./Time";

interface Props {
  online: boolean;
  lastSeenAt: number;
}

/** Whether a machine is there, with the age of its last sign of life. */
export function MachineState({ online, lastSeenAt }: Props) {
  const { t } = useLanguage();
  return (
    <span className="inline-flex flex-wrap items-center gap-x-2">
      <Status tone={online ? "ok" : lastSeenAt ? "bad" : "off"}>
        {online ? t("machine.online") : lastSeenAt ? t("machine.offline") : t("machine.never")}
      </Status>
      {lastSeenAt > 0 && (
        <span className="text-sm text-muted">
          <Ago at={lastSeenAt} />
        </span>
      )}
    </span>
  );
}
