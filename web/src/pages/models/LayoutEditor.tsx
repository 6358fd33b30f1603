import { useMutation, useQueryClient } from "@tanstack/react-query";
import { Plus } from "lucide-react";
import { useState, type FormEvent } from "react";
import { api } from "../../api/client";
import type { Layout, LayoutBoard, Model } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { addBoard, addChannel, addLayer, cabinetName, changeChannel, clashes, layersOfBoard, maxBoards, removeBoard, removeChannel } from "../../lib/layout";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Select } from "../../ui/Field";
import { ChannelFields } from "./ChannelFields";

/** Edits a layout; saving makes the next version. */
export function LayoutEditor({ model, onDone }: { model: Model; onDone: () => void }) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const [layout, setLayout] = useState(model.layout);
  const save = useMutation({
    mutationFn: () => api.post<Model>(`/models/${model.id}/versions`, { base: model.version, layout }),
    onSuccess: async () => {
      await queries.invalidateQueries();
      onDone();
    },
  });
  const twice = clashes(layout);
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    save.mutate();
  };
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-4">
      {layout.boards.map((board) => (
        <BoardEditor key={board.addr} board={board} layout={layout} onChange={setLayout} />
      ))}
      <Button className="self-start" disabled={layout.boards.length >= maxBoards} onClick={() => setLayout(addBoard(layout))}>
        <Plus size={16} aria-hidden />
        {t("models.add_board")}
      </Button>
      <div className="sticky bottom-3 z-20 flex flex-wrap items-center gap-2 rounded-lg border border-brand bg-white p-3 shadow-lg">
        <div className="mr-auto" role="status">
          <p className="font-semibold">{t("models.will_be", { n: model.version + 1, channels: layout.channels.length })}</p>
          {twice.map(({ channel, what }) => (
            <p key={`${channel} ${what}`} className="text-sm text-bad">
              {t(`models.twice.${what}`, { name: channel })}
            </p>
          ))}
        </div>
        <ErrorNote error={save.error} />
        <Button onClick={onDone}>{t("planogram.discard")}</Button>
        <Button type="submit" look="primary" disabled={save.isPending || twice.length > 0 || layout.channels.length === 0 || layout === model.layout}>
          {t("models.save")}
        </Button>
      </div>
    </form>
  );
}

const floorTypes = ["1", "2", "3", "4"];

function BoardEditor({ board, layout, onChange }: { board: LayoutBoard; layout: Layout; onChange: (layout: Layout) => void }) {
  const { t, tCode } = useLanguage();
  const name = cabinetName(board.addr);
  const set = (changes: Partial<LayoutBoard>) =>
    onChange({ ...layout, boards: layout.boards.map((b) => (b.addr === board.addr ? { ...b, ...changes } : b)) });
  const type = String(board.floor_type);
  const layers = layersOfBoard(layout, board.addr);
  const last = layers.at(-1)?.channels;
  return (
    <section className="card flex flex-col gap-3 p-4" aria-label={t("planogram.cabinet", { n: name })}>
      <div className="flex flex-wrap items-end gap-4">
        <h2 className="self-center">{t("planogram.cabinet", { n: name })}</h2>
        <Select label={t("models.floor_type")} value={type} onChange={(value) => set({ floor_type: Number(value) })}>
          {[...new Set([...floorTypes, type])].map((value) => (
            <option key={value} value={value}>
              {tCode("floor_type", value)}
            </option>
          ))}
        </Select>
        <Check label={t("models.lift")} checked={board.lift} onChange={(lift) => set({ lift })} />
        <Check label={t("models.drop_detection")} checked={board.drop_detection} onChange={(drop_detection) => set({ drop_detection })} />
        {layout.boards.length > 1 && (
          <Button className="ml-auto" onClick={() => onChange(removeBoard(layout, board.addr))}>
            {t("models.remove_board", { name })}
          </Button>
        )}
      </div>
      {layers.map((layer, i) => (
        <fieldset key={layer.x} className="rounded-md border border-line p-3">
          <legend className="px-1 text-sm text-muted">{t("models.layer_n", { n: i + 1 })}</legend>
          <div className="flex flex-wrap gap-3">
            {layer.channels.map(({ index, channel }) => (
              <ChannelFields
                key={index}
                channel={channel}
                onChange={(changes) => onChange(changeChannel(layout, index, changes))}
                onRemove={() => onChange(removeChannel(layout, index))}
              />
            ))}
            <Button className="self-center" onClick={() => onChange(addChannel(layout, board.addr, layer.x, layer.channels.at(-1)?.channel.capacity ?? 10))}>
              <Plus size={16} aria-hidden />
              {t("models.add_channel", { n: i + 1 })}
            </Button>
          </div>
        </fieldset>
      ))}
      <Button className="self-start" onClick={() => onChange(addLayer(layout, board.addr, last?.length ?? 1, last?.at(-1)?.channel.capacity ?? 10))}>
        <Plus size={16} aria-hidden />
        {t("models.add_layer", { name })}
      </Button>
    </section>
  );
}

function Check({ label, checked, onChange }: { label: string; checked: boolean; onChange: (on: boolean) => void }) {
  return (
    <label className="flex min-h-9 items-center gap-2">
      <input type="checkbox" checked={checked} onChange={(e) => onChange(e.target.checked)} />
      {label}
    </label>
  );
}
