import { createContext, use, useCallback, useEffect, useMemo, useState, type ReactNode } from "react";
import { en, type Dictionary, type Key } from "./en";
import { zh } from "./zh";

export type Language = "en" | "zh-CN";

const dictionaries: Record<Language, Dictionary> = { en, "zh-CN": zh };
const storageKey = "vendlane.language";

export type Values = Record<string, string | number>;

interface LanguageState {
  language: Language;
  setLanguage: (language: string) => void;
  /** The text of a key, with {name} replaced. */
  t: (key: Key, values?: Values) => string;
  /** The text of a code of the server, or the code if it is a new one. */
  tCode: (group: string, code: string) => string;
}

const Context = createContext<LanguageState | null>(null);

export function fill(text: string, values: Values = {}): string {
  return text.replace(/\{(\w+)\}/g, (whole, name: string) => String(values[name] ?? whole));
}

function first(): Language {
  const stored = localStorage.getItem(storageKey);
  if (stored === "en" || stored === "zh-CN") return stored;
  return navigator.language.toLowerCase().startsWith("zh") ? "zh-CN" : "en";
}

export function LanguageProvider({ children }: { children: ReactNode }) {
  const [language, set] = useState<Language>(first);
  useEffect(() => {
    document.documentElement.lang = language;
  }, [language]);
  const setLanguage = useCallback((next: string) => {
    if (next !== "en" && next !== "zh-CN") return;
    localStorage.setItem(storageKey, next);
    set(next);
  }, []);
  const state = useMemo<LanguageState>(() => {
    const dictionary = dictionaries[language];
    return {
      language,
      setLanguage,
      t: (key, values) => fill(dictionary[key], values),
      tCode: (group, code) => (dictionary as Record<string, string>)[`${group}.${code}`] ?? code,
    };
  }, [language, setLanguage]);
  return <Context value={state}>{children}</Context>;
}

export function useLanguage() {
  const state = use(Context);
  if (!state) throw new Error("useLanguage needs a LanguageProvider");
  return state;
}
