import { common } from "./common";
import { errors } from "./errors";
import { desk } from "./desk";
import { developers } from "./developers";
import { failures } from "./failures";
import { field } from "./field";
import { goods } from "./goods";
import { health } from "./health";
import { jobs } from "./jobs";
import { machine } from "./machine";
import { many } from "./many";
import { models } from "./models";
import { platform } from "./platform";
import { restock } from "./restock";
import { sales } from "./sales";
import { settings } from "./settings";
import { simulator } from "./simulator";

export const en = { ...common, ...errors, ...desk, ...developers, ...failures, ...field, ...goods, ...health, ...jobs, ...machine, ...many, ...models, ...platform, ...restock, ...sales, ...settings, ...simulator };

export type Key = keyof typeof en;
export type Dictionary = Record<Key, string>;
