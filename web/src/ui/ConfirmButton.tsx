import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Button, type ButtonProps } from "./Button";
import { Confirm } from "./Confirm";

interface Props extends ButtonProps {
  /** What is done, on the dialog and on its button. */
  title: string;
  consequence: ReactNode;
  act: () => Promise<unknown>;
}

/** A button for what cannot be taken back: it asks first, and renews the pages afterwards. */
export function ConfirmButton({ title, consequence, act, ...button }: Props) {
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const doing = useMutation({
    mutationFn: act,
    onSuccess: () => {
      setOpen(false);
      return queries.invalidateQueries();
    },
  });
  return (
    <>
      <Button {...button} onClick={() => setOpen(true)} />
      {open && (
        <Confirm
          title={title}
          consequence={consequence}
          action={title}
          danger
          pending={doing.isPending}
          error={doing.error}
          onConfirm={() => doing.mutate()}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
