import { useInfiniteQuery, useQueryClient } from "@tanstack/react-query";
import { useEffect, useState } from "react";
import { api, type Params } from "./client";
import { heldBack, useLive } from "./live";
import type { List } from "./types";

/** The rows of a list, page after page, renewed whenever something changes. */
export function useRows<T>(path: string, params: Params = {}) {
  return useInfiniteQuery({
    queryKey: [path, params],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => api.get<List<T>>(path, { ...params, cursor: pageParam }, signal),
    getNextPageParam: (last) => last.next || undefined,
    placeholderData: (before) => before,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
}

/**
 * The rows of a list that has the newest on top. New ones wait behind a pill:
 * `waiting` counts what has happened since, `show` fetches them.
 */
export function useNewestRows<T>(path: string, topic: string, params: Params = {}) {
  const queries = useQueryClient();
  const { listen } = useLive();
  const [refs, setRefs] = useState<ReadonlySet<number>>(new Set());
  const rows = useInfiniteQuery({
    queryKey: [heldBack, path, params],
    initialPageParam: "",
    queryFn: ({ pageParam, signal }) => api.get<List<T>>(path, { ...params, cursor: pageParam }, signal),
    getNextPageParam: (last) => last.next || undefined,
    placeholderData: (before) => before,
    select: (data) => data.pages.flatMap((page) => page.items),
  });
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
