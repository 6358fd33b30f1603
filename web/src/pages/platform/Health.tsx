import { useQuery } from "@tanstack/react-query";
import type { ReactNode } from "react";
import { api } from "../../api/client";
import { heldBack, pollEvery } from "../../api/live";
import type { PlatformHealth } from "../../api/types";
import { useLanguage } from "../../i18n/language";
import { age, showBytes } from "../../lib/format";
import { clockOff, diskTone, nodeTone, queueTone } from "../../lib/health";
import { ErrorNote } from "../../ui/ErrorNote";
import { Loading } from "../../ui/Page";
import { Status } from "../../ui/Status";
import { Time } from "../../ui/Time";

const path = "/platform/health";

/** How the system is. It is asked for now and then, not with every change. */
export function Health() {
  const health = useQuery({
    queryKey: [heldBack, path],
    queryFn: async ({ signal }) => ({ health: await api.get<PlatformHealth>(path, {}, signal), at: Date.now() }),
    refetchInterval: pollEvery,
  });
  return (
    <>
      <ErrorNote error={health.error} onRetry={() => void health.refetch()} />
      {health.isPending && <Loading />}
      {health.data && <Facts h={health.data.health} clock={clockOff(health.data.health.now, health.data.at)} />}
    </>
  );
}

/** Ages are by the server's clock; clock is how far the browser's is from it, in seconds. */
function Facts({ h, clock }: { h: PlatformHealth; clock: number }) {
  const { t } = useLanguage();
  const ago = (at: number) => {
    const { unit, n } = age(h.now - at);
    return t(`ago.${unit}`, { n });
  };
  return (
    <div className="grid gap-4 md:grid-cols-2">
      <Card title={t("health.program")}>
        <Fact name={t("health.version")}>{h.version || t("app.none")}</Fact>
        <Fact name={t("health.commit")}>
          <span className="font-mono text-sm break-all">{h.commit || t("app.none")}</span>
        </Fact>
        <Fact name={t("health.go")}>{h.go_version}</Fact>
        <Fact name={t("health.started")}>
          <Time at={h.started_at} /> · {ago(h.started_at)}
        </Fact>
        <Fact name={t("health.clock")}>
          <Time at={h.now} />{" "}
          <Status tone={clock === 0 ? "ok" : "warn"}>{clock === 0 ? t("health.clock_same") : t("health.clock_off", { n: clock })}</Status>
        </Fact>
      </Card>
      <Card title={t("health.database")}>
        <Fact name={t("health.engine")}>{h.engine === "sqlite" ? "SQLite" : "PostgreSQL"}</Fact>
        <Fact name={t("health.schema")}>{h.schema_version}</Fact>
        <Fact name={t("health.state")}>
          <Status tone={h.database_writes ? "ok" : "bad"}>{t(h.database_writes ? "health.writes" : "health.no_writes")}</Status>
        </Fact>
        <Fact name={t("health.disk")}>
          {h.disk ? (
            <Status tone={diskTone(h.disk)}>{t("health.disk_free", { free: showBytes(h.disk.free), total: showBytes(h.disk.total) })}</Status>
          ) : (
            t("health.unknown")
          )}
        </Fact>
      </Card>
      <Card title={t("health.queues")}>
        {h.queues.map((q) => (
          <Fact key={q.queue} name={t(`health.queue.${q.queue}`)}>
            <Status tone={queueTone(q, h.now)}>{String(q.waiting)}</Status> {q.since > 0 && t("health.oldest", { ago: ago(q.since) })}
          </Fact>
        ))}
      </Card>
      <Card title={t("health.nodes")}>
        {h.nodes.map((node) => (
          <Fact key={node.id} name={<span className="font-mono text-sm break-all">{node.id}</span>}>
            <Status tone={nodeTone(node, h.now)}>{ago(node.seen_at)}</Status> {node.id === h.node && t("health.this_node")}
          </Fact>
        ))}
        <Fact name={t("health.connected")}>{t("health.connected_of", { all: h.connected, here: h.connected_here })}</Fact>
      </Card>
    </div>
  );
}

function Card({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section className="card p-4">
      <h2 className="mb-2">{title}</h2>
      <dl className="flex flex-col gap-2">{children}</dl>
    </section>
  );
}

function Fact({ name, children }: { name: ReactNode; children: ReactNode }) {
  return (
    <div className="grid grid-cols-[minmax(7rem,2fr)_3fr] gap-2">
      <dt className="text-muted">{name}</dt>
      <dd className="min-w-0">{children}</dd>
    </div>
  );
}
