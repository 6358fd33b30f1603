import type { Dictionary } from "../en";
import { common } from "./common";
import { errors } from "./errors";
import { machine } from "./machine";
import { sales } from "./sales";

export const zh: Dictionary = { ...common, ...errors, ...machine, ...sales };
