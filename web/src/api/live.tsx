import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useMemo, useRef, useState, type ReactNode } from "react";
import { address } from "./client";

/** What the stream tells of: something of a kind has changed. */
export interface Change {
  kind: string;
  ref: string;
  at: number;
}

export type LiveState = "live" | "polling" | "reconnecting" | "stale";

interface Live {
  state: LiveState;
  /** When the page last knew that it is up to date. */
  freshAt: number;
  /** Calls back for every change until the answer is called. */
  listen: (listener: (change: Change) => void) => () => void;
}

/** Between two questions while there is no stream, in milliseconds. */
export const pollEvery = 10_000;
/** Without any answer for this long the page says that it is stale. */
const staleAfter = 30_000;
const retryStreamAfter = 60_000;
const mergeWithin = 250;

const Context = createContext<Live | null>(null);

/**
 * Lists that show new rows behind a pill are not fetched again by themselves:
 * rows must not move under the cursor.
 */
export const heldBack = "held";

/** One stream for the page; queries are fetched again when it tells of changes. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const listeners = useRef(new Set<(change: Change) => void>());
  const [state, setState] = useState<LiveState>("reconnecting");
  const [freshAt, setFreshAt] = useState(Date.now);

  useEffect(() => {
    let stream: EventSource | null = null;
    let retry = 0;
    let merging = 0;
    let lastAnswer = Date.now();

    const refetch = () => queries.invalidateQueries({ predicate: (q) => q.queryKey[0] !== "session" && q.queryKey[0] !== heldBack });
    const fresh = () => {
      lastAnswer = Date.now();
      setFreshAt(lastAnswer);
    };
    const onChange = (event: MessageEvent<string>) => {
      fresh();
      const change = JSON.parse(event.data) as Change;
      for (const listener of listeners.current) listener(change);
      if (!merging) {
        merging = window.setTimeout(() => {
          merging = 0;
          void refetch();
        }, mergeWithin);
      }
    };
    // The browser resumes by itself, with the Last-Event-ID; it gives up when
    // the server refuses.
    const open = () => {
      stream = new EventSource(address("/events"));
      stream.onopen = () => {
        setState("live");
        fresh();
        void refetch();
      };
      stream.onmessage = onChange;
      stream.addEventListener("change", onChange);
      stream.addEventListener("ping", fresh);
      stream.onerror = () => {
        const refused = stream?.readyState === EventSource.CLOSED;
        setState(refused ? "polling" : "reconnecting");
        if (refused) {
          stream = null;
          retry = window.setTimeout(open, retryStreamAfter);
        }
      };
    };
    open();

    const poll = setInterval(() => {
      if (stream?.readyState === EventSource.OPEN) return fresh();
      if (!document.hidden) void refetch();
      setState((now) => (Date.now() - lastAnswer > staleAfter ? "stale" : now === "stale" ? "reconnecting" : now));
    }, pollEvery);
    const answers = queries.getQueryCache().subscribe((event) => {
      if (event.type === "updated" && event.action.type === "success") fresh();
    });
    return () => {
      stream?.close();
      clearTimeout(retry);
      clearTimeout(merging);
      clearInterval(poll);
      answers();
    };
  }, [queries]);

  const live = useMemo<Live>(
    () => ({
      state,
      freshAt,
      listen: (listener) => {
        listeners.current.add(listener);
        return () => listeners.current.delete(listener);
      },
    }),
    [state, freshAt],
  );
  return <Context value={live}>{children}</Context>;
}

export function useLive() {
  const live = use(Context);
  if (!live) throw new Error("useLive needs a LiveProvider");
  return live;
}
