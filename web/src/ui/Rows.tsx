import type { useRows } from "../api/rows";
import { useLanguage } from "../i18n/language";
import { Button } from "./Button";
import { DataTable, type Column } from "./DataTable";
import { ErrorNote } from "./ErrorNote";
import { Empty, Loading } from "./Page";

interface Props<T> {
  label: string;
  query: ReturnType<typeof useRows<T>> & { waiting?: number; show?: () => void };
  columns: Column<T>[];
  rowKey: (row: T) => number | string;
  /** Set if filters are in use; takes them away. */
  onClear?: () => void;
}

/** A list of the server in whatever state it is: loading, failed, empty, there. */
export function Rows<T>({ label, query, columns, rowKey, onClear }: Props<T>) {
  const { t } = useLanguage();
  const rows = query.data;
  return (
    <>
      <ErrorNote error={query.error} onRetry={() => void query.refetch()} />
      {!!query.waiting && (
        <div className="sticky top-16 z-20 mb-2 flex justify-center" role="status">
          <Button look="primary" className="rounded-full! shadow" onClick={query.show}>
            {t("app.new_rows", { n: query.waiting })}
          </Button>
        </div>
      )}
      {query.isPending && <Loading />}
      {rows?.length === 0 && (
        <Empty text={t(onClear ? "app.nothing_found" : "app.nothing")}>{onClear && <Button onClick={onClear}>{t("app.clear_filters")}</Button>}</Empty>
      )}
      {rows && rows.length > 0 && (
        <DataTable
          label={label}
          rows={rows}
          columns={columns}
          rowKey={rowKey}
          more={query.hasNextPage}
          onMore={() => void (query.isFetchingNextPage || query.fetchNextPage())}
        />
      )}
    </>
  );
}
