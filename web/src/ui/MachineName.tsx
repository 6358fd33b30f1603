import { Link } from "wouter";

/** A machine at the head of a row: its name, which leads to it, over its number. */
export function MachineName({ no, name }: { no: string; name: string }) {
  return (
    <>
      <Link href={`/machines/${no}`} className="font-medium text-brand-strong hover:underline">
        {name || no}
      </Link>
      <span className="block text-sm text-muted tabular-nums">{no}</span>
    </>
  );
}
