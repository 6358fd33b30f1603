import type { Dictionary } from "../en";
import { common } from "./common";
import { errors } from "./errors";
import { desk } from "./desk";
import { developers } from "./developers";
import { failures } from "./failures";
import { field } from "./field";
import { goods } from "./goods";
import { jobs } from "./jobs";
import { machine } from "./machine";
import { many } from "./many";
import { models } from "./models";
import { platform } from "./platform";
import { restock } from "./restock";
import { sales } from "./sales";
import { settings } from "./settings";
import { simulator } from "./simulator";

export const zh: Dictionary = { ...common, ...errors, ...desk, ...developers, ...failures, ...field, ...goods, ...jobs, ...machine, ...many, ...models, ...platform, ...restock, ...sales, ...settings, ...simulator };
