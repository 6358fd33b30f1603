/** What a file can say of a good. */
export interface GoodText {
  name: string;
  description: string;
  thumb: string;
  price: number;
  original_price: number;
}

/** A good before and after an import; before is null for a new one. */
export interface ImportLine {
  line: number;
  slug: string;
  machines: number;
  before: GoodText | null;
  after: GoodText;
}

/** What a file would do, or did, to the goods; only a preview has lines, and not all. */
export interface GoodsImport {
  created: number;
  changed: number;
  unchanged: number;
  refused: number;
  fingerprint: string;
  ignored_columns: string[];
  created_lines: ImportLine[];
  changed_lines: ImportLine[];
  refused_lines: { line: number; slug: string; field: string; reason: string }[];
}
