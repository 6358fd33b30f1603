import { useQueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, useMemo, useRef, useState, useSyncExternalStore, type ReactNode } from "react";
import { Visits, type Kept, type Waiting } from "../lib/visits";
import { api, ApiError } from "./client";
import { machinePath } from "./machine";
import { planogramPath } from "./planogram";
import { useMerchant, useSession } from "./session";
import type { Visit } from "./types";

interface State {
  visits: Visits;
  kept: Kept;
  /** What the server made of the visits of this page, by key. */
  applied: ReadonlyMap<string, Visit>;
}

const Context = createContext<State | null>(null);

const retryEvery = 5_000;

/** A refusal that will not be another one next time. */
const isFinal = (e: unknown): e is ApiError => e instanceof ApiError && e.status >= 400 && e.status < 500 && ![401, 408, 429].includes(e.status) && e.code !== "csrf";

/** Keeps the visits of a member on the phone, and sends those that are finished, whatever page is open. */
export function VisitsProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const userId = useSession().session?.user.id ?? 0;
  const merchantId = useMerchant().id;
  const visits = useMemo(() => new Visits(userId, merchantId, localStorage), [userId, merchantId]);
  const kept = useSyncExternalStore(visits.subscribe, visits.read);
  const [applied, setApplied] = useState<ReadonlyMap<string, Visit>>(new Map());
  const sending = useRef(false);
  const open = kept.waiting.some((w) => !w.refusal);

  useEffect(() => {
    if (!open) return;
    const send = async (w: Waiting) => {
      try {
        const visit = await api.post<Visit>(`${machinePath(w.machine_no)}/visits`, { key: w.key, lines: w.lines });
        setApplied((before) => new Map(before).set(w.key, visit));
        // The pages count it in until they show a stock that has it.
        await queries.refetchQueries({ queryKey: [planogramPath(w.machine_no)] }, { throwOnError: true });
        visits.drop(w.key);
        void queries.invalidateQueries({ predicate: (q) => q.queryKey[0] !== "session" });
      } catch (e) {
        if (isFinal(e)) visits.refuse(w.key, e.code);
        else throw e; // the others would not arrive either
      }
    };
    const sendAll = async () => {
      if (sending.current) return;
      sending.current = true;
      try {
        for (const w of visits.read().waiting) if (!w.refusal) await send(w);
      } catch {
        // It stays where it is and is sent again.
      } finally {
        sending.current = false;
      }
    };
    const again = () => void sendAll();
    again();
    const timer = setInterval(again, retryEvery);
    window.addEventListener("online", again);
    return () => {
      clearInterval(timer);
      window.removeEventListener("online", again);
    };
  }, [visits, queries, open]);

  const state = useMemo(() => ({ visits, kept, applied }), [visits, kept, applied]);
  return <Context value={state}>{children}</Context>;
}

export function useVisits() {
  const state = use(Context);
  if (!state) throw new Error("useVisits needs a VisitsProvider");
  return state;
}
