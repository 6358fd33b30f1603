import { measureElement, useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, useCallback, useEffect, useLayoutEffect, useRef, useState, type CSSProperties, type ReactNode } from "react";

export interface Column<T> {
  label: string;
  /** Width on a wide screen, as of grid-template-columns. */
  width: string;
  cell: (row: T) => ReactNode;
}

interface Props<T> {
  label: string;
  rows: T[];
  columns: Column<T>[];
  rowKey: (row: T) => number | string;
  /** There are more rows than these; `onMore` fetches them. */
  more?: boolean;
  onMore?: () => void;
}

/**
 * A table of any length: only the rows in sight are in the document, and more
 * are fetched near the end. On a narrow screen every row is a card.
 */
export function DataTable<T>({ label, rows, columns, rowKey, more = false, onMore }: Props<T>) {
  const body = useRef<HTMLDivElement>(null);
  const [top, setTop] = useState(0);
  // Asked for in each render it would have the browser lay out the page twice a frame.
  useLayoutEffect(() => {
    const watch = new ResizeObserver(() => {
      const at = body.current ? body.current.getBoundingClientRect().top + window.scrollY : 0;
      setTop((before) => (Math.abs(before - at) > 1 ? at : before));
    });
    watch.observe(document.body);
    return () => watch.disconnect();
  }, []);
  // A key or a height that is another one than before costs a look at all rows: so the
  // height that is expected is that of the first row.
  const key = useCallback((i: number) => rowKey(rows[i]!), [rows, rowKey]);
  const height = useRef(0);
  const list = useWindowVirtualizer({
    count: rows.length,
    estimateSize: () => height.current || 60,
    measureElement: (element, entry, instance) => {
      const measured = measureElement(element, entry, instance);
      height.current ||= measured;
      return measured;
    },
    overscan: 8,
    scrollMargin: top,
    getItemKey: key,
  });
  const shown = list.getVirtualItems();
  const last = shown.at(-1)?.index ?? 0;
  useEffect(() => {
    if (more && last >= rows.length - 10) onMore?.();
  }, [more, last, rows.length, onMore]);

  const grid = { "--columns": columns.map((c) => c.width).join(" ") } as CSSProperties;
  return (
    <div role="table" aria-label={label} aria-rowcount={more ? -1 : rows.length + 1} className="card" style={grid}>
      <div role="rowgroup">
        <div role="row" aria-rowindex={1} className="sr-only gap-3 border-b border-line px-4 py-2 text-sm font-semibold text-muted lg:not-sr-only lg:grid lg:grid-cols-(--columns) lg:px-4! lg:py-2!">
          {columns.map((column) => (
            <span key={column.label} role="columnheader">
              {column.label}
            </span>
          ))}
        </div>
      </div>
      <div role="rowgroup" ref={body} className="relative" style={{ height: list.getTotalSize() }}>
        {shown.map((item) => (
          <Row key={item.key} row={rows[item.index]!} index={item.index} at={item.start - top} columns={columns} measure={list.measureElement} />
        ))}
      </div>
    </div>
  );
}

interface RowProps<T> {
  row: T;
  index: number;
  /** Pixels from the top of the table. */
  at: number;
  columns: Column<T>[];
  measure: (element: HTMLDivElement | null) => void;
}

function PlainRow<T>({ row, index, at, columns, measure }: RowProps<T>) {
  return (
    <div
      ref={measure}
      data-index={index}
      role="row"
      aria-rowindex={index + 2}
      className="absolute inset-x-0 grid [contain:layout_style] grid-cols-2 gap-x-3 gap-y-2 border-b border-line px-4 py-3 hover:bg-[#f8fafb] lg:grid-cols-(--columns) lg:items-center"
      style={{ transform: `translateY(${at}px)` }}
    >
      {columns.map((column, i) => (
        <div key={column.label} role="cell" className={`min-w-0 break-words ${i === 0 ? "max-lg:col-span-2" : ""}`}>
          {i > 0 && (
            <span aria-hidden className="block text-xs text-muted lg:hidden">
              {column.label}
            </span>
          )}
          {column.cell(row)}
        </div>
      ))}
    </div>
  );
}

/** While the table scrolls, only rows that come into sight are rendered. */
const Row = memo(PlainRow) as typeof PlainRow;
