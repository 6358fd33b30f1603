import { Link } from "wouter";
import { useNewestRows } from "../../api/rows";
import type { CallbackRow } from "../../api/types";
import type { Key } from "../../i18n/en";
import { useLanguage } from "../../i18n/language";
import { useFilters } from "../../lib/filters";
import { CsvButton } from "../../ui/CsvButton";
import { Views } from "../../ui/FilterBar";
import { Rows } from "../../ui/Rows";
import { Time } from "../../ui/Time";
import { CallbackView } from "../orders/Callbacks";
import { CallbackTools } from "./CallbackTools";

const states = ["PENDING", "DELIVERED", "DEAD"] as const;

/** The messages to notify_url, each with its attempts. */
export function CallbackList() {
  const { t } = useLanguage();
  const filters = useFilters(["state"] as const);
  const rows = useNewestRows<CallbackRow>("/developers/callbacks", "orders", filters.values);
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center justify-between gap-3">
        <Views
          label={t("callbacks.state")}
          value={filters.values.state}
          views={[{ value: "", label: t("app.all") }, ...states.map((value) => ({ value, label: t(`callback_state.${value}` satisfies Key) }))]}
          onChange={(state) => filters.set({ state })}
        />
        <span className="flex flex-wrap gap-2">
          <CsvButton path="/developers/callbacks" params={filters.values} name="callbacks" />
          <CallbackTools />
        </span>
      </div>
      <Rows
        label={t("dev.tab.callbacks")}
        query={rows}
        rowKey={(c) => c.id}
        onClear={filters.active ? filters.clear : undefined}
        columns={[
          {
            label: t("callbacks.callback"),
            width: "minmax(14rem,1fr)",
            cell: (c) => (
              <>
                <Link href={`/orders/${c.order_id}`} className="font-medium text-brand-strong underline">
                  {t("order.title", { id: c.order_id })}
                </Link>
                <span className="block text-sm">
                  <Time at={c.created_at} />
                </span>
                <span className="block text-sm break-all text-muted">{c.url}</span>
              </>
            ),
          },
          {
            label: t("callbacks.attempts"),
            width: "minmax(18rem,2fr)",
            cell: (c) => <CallbackView callback={c} orderPath={`/orders/${c.order_id}`} queryKey={["held", "/developers/callbacks"]} />,
          },
        ]}
      />
    </>
  );
}
