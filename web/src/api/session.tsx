import { useQuery, useQueryClient } from "@tanstack/react-query";
import { createContext, use, useEffect, type ReactNode } from "react";
import { useLanguage } from "../i18n/language";
import { api, ApiError, setCsrf } from "./client";
import type { Permission, Session } from "./types";

interface SessionState {
  /** undefined while it is asked for, null for nobody. */
  session: Session | null | undefined;
  error: Error | null;
  /** Takes over what a sign-in, a switch or a sign-out answered. */
  enter: (session: Session | null) => void;
}

const Context = createContext<SessionState | null>(null);

export function SessionProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const { setLanguage } = useLanguage();
  const { data, error } = useQuery({
    queryKey: ["session"],
    staleTime: Infinity,
    queryFn: () =>
      api.get<Session>("/session").catch((e: unknown) => {
        if (e instanceof ApiError && e.status === 401) return null;
        throw e;
      }),
  });
  setCsrf(data?.csrf ?? "");
  useEffect(() => {
    if (data?.language) setLanguage(data.language);
  }, [data?.language, setLanguage]);

  // Another session ended elsewhere: the first refusal leads to the sign-in.
  useEffect(
    () =>
      queries.getQueryCache().subscribe((event) => {
        const e = event.type === "updated" ? event.query.state.error : null;
        if (e instanceof ApiError && e.status === 401) queries.setQueryData(["session"], null);
      }),
    [queries],
  );

  const enter = (session: Session | null) => {
    setCsrf(session?.csrf ?? "");
    queries.removeQueries({ predicate: (q) => q.queryKey[0] !== "session" });
    queries.setQueryData(["session"], session);
  };
  return <Context value={{ session: data, error, enter }}>{children}</Context>;
}

export function useSession() {
  const state = use(Context);
  if (!state) throw new Error("useSession needs a SessionProvider");
  return state;
}

/** The merchant in use. Pages that call it are shown to members only. */
export function useMerchant() {
  const merchant = useSession().session?.merchant;
  if (!merchant) throw new Error("no merchant");
  return merchant;
}

export function useMay() {
  const { session } = useSession();
  return (permission: Permission | "platform") =>
    permission === "platform" ? !!session?.user.is_platform_admin : !!session?.merchant?.permissions.includes(permission);
}
