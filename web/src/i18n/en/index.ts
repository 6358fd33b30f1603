import { common } from "./common";
import { errors } from "./errors";
import { machine } from "./machine";
import { sales } from "./sales";

export const en = { ...common, ...errors, ...machine, ...sales };

export type Key = keyof typeof en;
export type Dictionary = Record<Key, string>;
