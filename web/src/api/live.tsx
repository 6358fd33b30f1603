import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useCallback, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { address } from "./client";
import { useMay } from "./session";
import { readStream, StreamRefused } from "./stream";
import type { Change } from "./types";

export type LiveState = "live" | "polling" | "reconnecting" | "stale";

interface Live {
  state: LiveState;
  /** When the page last knew that it is up to date. */
  freshAt: number;
  /** Calls back for every change until the answer is called. */
  listen: (listener: (change: Change) => void) => () => void;
}

// All in milliseconds. The server beats every 15 s.
export const pollEvery = 10_000;
const deadAfter = 40_000;
const staleAfter = 30_000;
const retryAfter = 2_000;
const retryRefusedAfter = 60_000;
/** Changes come in bursts; the pages ask once for all within this time. */
const mergeWithin = 300;

const Context = createContext<Live | null>(null);

/**
 * First part of the key of lists that show new rows behind a pill. They are not
 * fetched again by themselves: rows must not move under the cursor.
 */
export const heldBack = "held";

/** One stream for the page; queries are fetched again when it tells of changes. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const may = useMay();
  const topics = may("see_sales") ? "machines,alerts,orders,codes" : "machines,alerts";
  const listeners = useRef(new Set<(change: Change) => void>());
  const [state, setState] = useState<LiveState>("reconnecting");
  const [freshAt, setFreshAt] = useState(Date.now);

  useEffect(() => {
    const stop = new AbortController();
    let lastId = "";
    let merging = 0;
    let answeredAt = Date.now();
    let open = false;

    const fresh = () => {
      answeredAt = Date.now();
      setFreshAt(answeredAt);
    };
    const refetch = () => queries.invalidateQueries({ predicate: (q) => q.queryKey[0] !== "session" && q.queryKey[0] !== heldBack });
    // A long list takes a while to read: asking again before it is there would
    // begin anew, and never end where changes do not.
    let reading = false;
    let outdated = false;
    const refetchSoon = () => {
      if (reading) {
        outdated = true;
        return;
      }
      merging ||= window.setTimeout(() => {
        merging = 0;
        reading = true;
        void refetch().finally(() => {
          reading = false;
          if (outdated && !stop.signal.aborted) refetchSoon();
          outdated = false;
        });
      }, mergeWithin);
    };

    const connect = async () => {
      const attempt = new AbortController();
      const cancel = () => attempt.abort();
      stop.signal.addEventListener("abort", cancel);
      let alive = Date.now();
      const watch = setInterval(() => Date.now() - alive > deadAfter && attempt.abort(), 5_000);
      try {
        await readStream({
          url: address("/events", { topics }),
          lastId,
          signal: attempt.signal,
          onBeat: () => {
            alive = Date.now();
            fresh();
          },
          onEvent: ({ id, event, data }) => {
            lastId = id;
            if (event === "ready") {
              open = true;
              setState("live");
            } else if (event === "change") {
              const change = JSON.parse(data) as Change;
              for (const listener of listeners.current) listener(change);
            }
            refetchSoon();
          },
        });
      } finally {
        open = false;
        clearInterval(watch);
        stop.signal.removeEventListener("abort", cancel);
      }
    };
    const stayConnected = async () => {
      while (!stop.signal.aborted) {
        const refused = await connect().then(
          () => false,
          (error: unknown) => error instanceof StreamRefused,
        );
        if (stop.signal.aborted) return;
        setState(refused ? "polling" : "reconnecting");
        if (refused) lastId = "";
        await wait(refused ? retryRefusedAfter : retryAfter, stop.signal);
      }
    };
    void stayConnected();

    const poll = setInterval(() => {
      if (open) return;
      void refetch();
      setState((now) => (Date.now() - answeredAt > staleAfter ? "stale" : now === "stale" ? "reconnecting" : now));
    }, pollEvery);
    const unsubscribe = queries.getQueryCache().subscribe((event) => {
      if (event.type === "updated" && event.action.type === "success") fresh();
    });
    return () => {
      stop.abort();
      clearTimeout(merging);
      clearInterval(poll);
      unsubscribe();
    };
  }, [queries, topics]);

  const listen = useCallback((listener: (change: Change) => void) => {
    listeners.current.add(listener);
    return () => void listeners.current.delete(listener);
  }, []);
  const live = useMemo<Live>(() => ({ state, freshAt, listen }), [state, freshAt, listen]);
  return <Context value={live}>{children}</Context>;
}

function wait(ms: number, signal: AbortSignal) {
  return new Promise<void>((resolve) => {
    const timer = setTimeout(resolve, ms);
    signal.addEventListener("abort", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

export function useLive() {
  const live = use(Context);
  if (!live) throw new Error("useLive needs a LiveProvider");
  return live;
}
