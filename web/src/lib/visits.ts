import type { VisitLine } from "../api/types";
import type { Lines } from "./visit";

/** A visit that is finished and not yet at the server. */
export interface Waiting {
  /** Drawn when the visit was finished: the server applies it once. */
  key: string;
  machine_no: string;
  machine_name: string;
  lines: VisitLine[];
  /** Why the server refused it; then somebody has to decide. */
  refusal?: string;
}

/** All that a phone has to keep when the connection or the page dies. */
export interface Kept {
  drafts: Record<string, Lines>;
  waiting: Waiting[];
}

const nothing: Kept = { drafts: {}, waiting: [] };

/** Drafts and finished visits of one member on one phone, in its storage. */
export class Visits {
  private readonly listeners = new Set<() => void>();
  private readonly name: string;
  private text: string | null = null;
  private value: Kept = nothing;

  constructor(
    userId: number,
    merchantId: number,
    private readonly storage: Storage,
  ) {
    this.name = `vendlane.visits.${userId}.${merchantId}`;
  }

  /** The same object until something changes, also in another tab. */
  read = (): Kept => {
    const text = this.storage.getItem(this.name);
    if (text !== this.text) {
      this.text = text;
      this.value = text ? { ...nothing, ...(JSON.parse(text) as Kept) } : nothing;
    }
    return this.value;
  };

  subscribe = (listener: () => void) => {
    this.listeners.add(listener);
    const other = (event: StorageEvent) => event.key === this.name && listener();
    globalThis.addEventListener?.("storage", other);
    return () => {
      this.listeners.delete(listener);
      globalThis.removeEventListener?.("storage", other);
    };
  };

  draft(machineNo: string, lines: Lines) {
    const { [machineNo]: _, ...drafts } = this.read().drafts;
    if (Object.keys(lines).length > 0) drafts[machineNo] = lines;
    this.write({ ...this.read(), drafts });
  }

  /** Turns a draft into a visit to send, in one step. */
  finish(visit: Omit<Waiting, "key">) {
    const { [visit.machine_no]: _, ...drafts } = this.read().drafts;
    const key = crypto.randomUUID();
    this.write({ drafts, waiting: [...this.read().waiting, { ...visit, key }] });
    return key;
  }

  refuse(key: string, refusal: string) {
    this.write({ ...this.read(), waiting: this.read().waiting.map((w) => (w.key === key ? { ...w, refusal } : w)) });
  }

  /** Forgets a visit that was applied, or that nobody wants any more. */
  drop(key: string) {
    this.write({ ...this.read(), waiting: this.read().waiting.filter((w) => w.key !== key) });
  }

  private write(next: Kept) {
    this.storage.setItem(this.name, JSON.stringify(next));
    for (const listener of this.listeners) listener();
  }
}
