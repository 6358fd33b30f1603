import { useState, type ReactNode } from "react";
import { Button, type ButtonProps } from "./Button";
import { Dialog } from "./Dialog";

interface Props extends ButtonProps {
  title: string;
  /** What is in the dialog; `close` ends it. */
  dialog: (close: () => void) => ReactNode;
}

/** A button and the dialog that it opens. */
export function DialogButton({ title, dialog, ...button }: Props) {
  const [open, setOpen] = useState(false);
  const close = () => setOpen(false);
  return (
    <>
      <Button {...button} onClick={() => setOpen(true)} />
      {open && (
        <Dialog title={title} onClose={close}>
          {dialog(close)}
        </Dialog>
      )}
    </>
  );
}
