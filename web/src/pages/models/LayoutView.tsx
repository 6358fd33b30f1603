import type { Layout, LayoutBoard } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { cabinetName, layersOfBoard } from "../../lib/layout";

/** A layout as the machine looks. */
export function LayoutView({ layout }: { layout: Layout }) {
  const { t } = useLanguage();
  return (
    <div className="flex min-w-0 flex-col gap-4">
      {layout.boards.map((board) => (
        <section key={board.addr} className="card p-4" aria-label={t("planogram.cabinet", { n: cabinetName(board.addr) })}>
          <h2>{t("planogram.cabinet", { n: cabinetName(board.addr) })}</h2>
          <BoardFacts board={board} />
          <ul className="flex flex-col gap-2 overflow-x-auto" tabIndex={0}>
            {layersOfBoard(layout, board.addr).map((layer) => (
              <li key={layer.x}>
                <ul className="flex gap-2">
                  {layer.channels.map(({ channel: c }) => (
                    <li key={c.motor} className="min-w-20 flex-1 rounded-md border border-line bg-white p-2 text-sm">
                      <span className="block font-semibold">{c.name}</span>
                      <span className="block text-muted">{t("models.motor_n", { n: c.motor })}</span>
                      <span className="block text-muted">{c.is_auxiliary ? t("models.auxiliary") : t("models.pieces_n", { n: c.capacity })}</span>
                    </li>
                  ))}
                </ul>
              </li>
            ))}
          </ul>
        </section>
      ))}
    </div>
  );
}

function BoardFacts({ board }: { board: LayoutBoard }) {
  const { t, tCode } = useLanguage();
  const facts = [tCode("floor_type", String(board.floor_type)), board.lift && t("models.lift"), board.drop_detection && t("models.drop_detection")];
  return <p className="mb-3 text-sm text-muted">{facts.filter(Boolean).join(" · ")}</p>;
}
