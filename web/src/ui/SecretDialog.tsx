import type { ReactNode } from "react";
import { Copy } from "./Copy";
import { Dialog } from "./Dialog";

interface Props {
  /** What the secret is, also for those who copy it without seeing it. */
  title: string;
  /** That it is shown this once, and what to do with it. */
  note: string;
  secret: string;
  onClose: () => void;
  children?: ReactNode;
}

/** Shows a secret that cannot be read again. */
export function SecretDialog({ title, note, secret, onClose, children }: Props) {
  return (
    <Dialog title={title} onClose={onClose}>
      <p>{note}</p>
      <p className="mt-3 font-mono break-all">
        {secret} <Copy text={secret} name={title} />
      </p>
      {children}
    </Dialog>
  );
}
