import { useState } from "react";
import { useClearFault } from "../../api/machine";
import { useMay } from "../../api/session";
import type { Channel, ChannelFailures, ChannelGood, MachineInfo, PlanogramChange } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { staging, type Staged } from "../../lib/staging";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field, Select } from "../../ui/Field";
import { Money } from "../../ui/Money";
import { Status } from "../../ui/Status";
import { works } from "./ChannelCell";
import { FailureReasons } from "./Failures";

interface Props {
  m: MachineInfo;
  channels: Channel[];
  currency: string;
  goods: ChannelGood[];
  staged: Staged;
  /** By product, while they are shown. */
  failures: ReadonlyMap<number, ChannelFailures> | undefined;
  onEdit: (channels: Channel[], patch: (channel: Channel) => Omit<PlanogramChange, "product_id">) => void;
  onTest: (channel: Channel) => void;
}

/** What can be done with the channels that are selected. */
export function SelectionPanel({ m, channels, currency, goods, staged, failures, onEdit, onTest }: Props) {
  const { t } = useLanguage();
  const may = useMay();
  const one = channels.length === 1 ? channels[0] : undefined;
  const faulty = channels.filter((c) => c.floor_status !== works);
  return (
    <section className="card flex h-fit flex-col gap-4 p-4 lg:sticky lg:top-20" aria-live="polite">
      <h2>{one ? t("planogram.channel", { name: one.name }) : channels.length ? t("planogram.selected", { n: channels.length }) : t("planogram.nothing_selected")}</h2>
      {one && <Facts channel={one} currency={currency} goods={goods} staged={staged} />}
      {one && failures && <FailureReasons channel={failures.get(one.product_id)} />}
      {channels.length > 0 && may("edit_planogram") && (
        <Editor key={channels.map((c) => c.product_id).join()} channels={channels} goods={goods} staged={staged} onEdit={onEdit} />
      )}
      {one && may("test_dispense") && <Button onClick={() => onTest(one)}>{t("planogram.test")}</Button>}
      {faulty.length > 0 && may("test_dispense") && <ClearFault m={m} channels={faulty} />}
    </section>
  );
}

function Facts({ channel: c, currency, goods, staged }: { channel: Channel; currency: string; goods: ChannelGood[]; staged: Staged }) {
  const { t } = useLanguage();
  const { good, quantity, capacity } = staging(c, staged, goods);
  return (
    <div className="flex flex-col gap-1">
      <p className="font-medium">{good?.name ?? t("planogram.empty")}</p>
      <p className="tabular-nums">
        {quantity}/{capacity}
        {good && (
          <>
            {" · "}
            <Money minor={good.price} currency={currency} />
          </>
        )}
      </p>
      <p>
        {c.floor_status === works ? (
          <Status tone="ok">{t("planogram.no_fault")}</Status>
        ) : (
          <Status tone="bad">{t("planogram.fault", { code: c.floor_status })}</Status>
        )}
      </p>
      {c.reserved_codes > 0 && <p className="text-sm text-muted">{t("planogram.reserved", { n: c.reserved_codes })}</p>}
    </div>
  );
}

function Editor({ channels, goods, staged, onEdit }: Pick<Props, "channels" | "goods" | "staged" | "onEdit">) {
  const { t } = useLanguage();
  const holdings = channels.map((c) => staging(c, staged, goods));
  const onSale = holdings.every((h) => h.on_sale);
  const same = holdings.every((h) => h.good?.id === holdings[0]?.good?.id);
  return (
    <>
      <Select
        label={t("planogram.good")}
        value={same ? String(holdings[0]?.good?.id ?? 0) : ""}
        onChange={(id) => id && onEdit(channels, () => ({ good_id: Number(id) }))}
      >
        {!same && <option value="">{t("planogram.good_keep")}</option>}
        <option value="0">{t("planogram.empty")}</option>
        {goods.map((g) => (
          <option key={g.id} value={g.id}>
            {g.name}
          </option>
        ))}
      </Select>
      <SetNumber label={t("planogram.quantity")} onSet={(quantity) => onEdit(channels, () => ({ quantity }))} />
      <SetNumber label={t("planogram.capacity")} onSet={(capacity) => onEdit(channels, () => ({ capacity }))} />
      <div className="flex flex-wrap gap-2">
        <Button onClick={() => onEdit(channels, (c) => ({ quantity: staging(c, staged, goods).capacity }))}>{t("planogram.fill")}</Button>
        <Button onClick={() => onEdit(channels, () => ({ quantity: 0 }))}>{t("planogram.empty_it")}</Button>
        <Button onClick={() => onEdit(channels, () => ({ on_sale: !onSale }))}>{t(onSale ? "planogram.take_off" : "planogram.put_on")}</Button>
      </div>
    </>
  );
}

function SetNumber({ label, onSet }: { label: string; onSet: (n: number) => void }) {
  const { t } = useLanguage();
  const [text, setText] = useState("");
  return (
    <form
      className="flex items-end gap-2"
      onSubmit={(event) => {
        event.preventDefault();
        if (/^\d{1,4}$/.test(text)) onSet(Number(text));
      }}
    >
      <Field label={label} className="grow" inputMode="numeric" pattern="\d{1,4}" value={text} onChange={(e) => setText(e.target.value)} />
      <Button type="submit" aria-label={t("planogram.set_of", { name: label })}>
        {t("planogram.set")}
      </Button>
    </form>
  );
}

function ClearFault({ m, channels }: { m: MachineInfo; channels: Channel[] }) {
  const { t } = useLanguage();
  const clear = useClearFault(m.machine_no, channels.map((c) => c.product_id));
  return (
    <>
      <Button disabled={clear.isPending} onClick={() => clear.mutate()}>
        {t("planogram.clear_fault")}
      </Button>
      <ErrorNote error={clear.error} />
    </>
  );
}
