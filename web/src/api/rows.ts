import { keepPreviousData, useInfiniteQuery, useQueryClient, type InfiniteData } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, type Params } from "./client";
import { heldBack, useLive } from "./live";
import type { List } from "./types";

/** The first page is small, so that it is there at once. */
const nextPages = 200;

/** How a list is read, page after page. */
const pages = <T>(path: string, params: Params) => ({
  initialPageParam: "",
  queryFn: ({ pageParam, signal }: { pageParam: string; signal: AbortSignal }) =>
    api.get<List<T>>(path, { ...params, cursor: pageParam, limit: pageParam ? nextPages : undefined }, signal),
  getNextPageParam: (last: List<T>) => last.next || undefined,
  placeholderData: keepPreviousData,
  select: (data: InfiniteData<List<T>>) => data.pages.flatMap((page) => page.items),
});

/** The rows of a list, page after page, renewed whenever something changes. */
export function useRows<T>(path: string, params: Params = {}) {
  return useInfiniteQuery({ queryKey: [path, params], ...pages<T>(path, params) });
}

/**
 * The rows of a list that has the newest on top. New ones wait behind a pill:
 * `waiting` counts what has happened since, `show` fetches them.
 */
export function useNewestRows<T>(path: string, topic: string, params: Params = {}) {
  const queries = useQueryClient();
  const { listen } = useLive();
  const [refs, setRefs] = useState<ReadonlySet<number>>(new Set());
  const rows = useInfiniteQuery({ queryKey: [heldBack, path, params], ...pages<T>(path, params) });
  useEffect(
    () => listen((change) => change.topic === topic && setRefs((before) => new Set(before).add(change.ref))),
    [listen, topic],
  );
  const show = () => {
    setRefs(new Set());
    void queries.resetQueries({ queryKey: [heldBack, path] });
  };
  return { ...rows, waiting: refs.size, show };
}
