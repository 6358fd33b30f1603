import { useRef, useState } from "react";

/** Everything from one key to another in the order of a list, both included. */
export function rangeOf<K>(keys: readonly K[], from: K, to: K): K[] {
  const [a, b] = [keys.indexOf(from), keys.indexOf(to)].sort((p, q) => p - q) as [number, number];
  return a < 0 ? [to] : keys.slice(a, b + 1);
}

export interface Chosen<K> {
  keys: ReadonlySet<K>;
  toggle: (key: K) => void;
  /** Adds everything from the row that was touched last up to this one. */
  reach: (key: K) => void;
  /** Adds the row before (-1) or behind (1) a row, and all between it and the one touched last. */
  reachBeside: (key: K, step: number) => void;
  replace: (keys: readonly K[]) => void;
  clear: () => void;
}

/** The rows of a list that are selected, `most` at the most. `list` has the keys of those that can be. */
export function useChosen<K>(list: readonly K[], most: number): Chosen<K> {
  const [keys, setKeys] = useState<ReadonlySet<K>>(new Set());
  const anchor = useRef<K | undefined>(undefined);
  const replace = (next: readonly K[]) => setKeys(new Set(next.slice(0, most)));
  const toggle = (key: K) => {
    anchor.current = key;
    setKeys((before) => {
      const next = new Set(before);
      if (!next.delete(key) && next.size < most) next.add(key);
      return next;
    });
  };
  const reach = (key: K) => {
    anchor.current ??= key;
    const more = rangeOf(list, anchor.current, key);
    setKeys((before) => new Set([...before, ...more].slice(0, most)));
  };
  const reachBeside = (key: K, step: number) => {
    anchor.current ??= key;
    const beside = list[list.indexOf(key) + step];
    if (beside !== undefined) reach(beside);
  };
  return { keys, toggle, reach, reachBeside, replace, clear: () => replace([]) };
}
