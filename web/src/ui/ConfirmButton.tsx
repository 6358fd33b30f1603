import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type ReactNode } from "react";
import { Button, type ButtonProps } from "./Button";
import { Confirm } from "./Confirm";

interface Props extends ButtonProps {
  /** What is done, on the dialog and, without `action`, on its button. */
  title: string;
  action?: string;
  consequence: ReactNode;
  act: () => Promise<unknown>;
  /** Set to false for what hurts nobody. */
  danger?: boolean;
}

/** A button for what is not done by accident: it asks first, and renews the pages afterwards. */
export function ConfirmButton({ title, action = title, consequence, act, danger = true, ...button }: Props) {
  const queries = useQueryClient();
  const [open, setOpen] = useState(false);
  const doing = useMutation({
    mutationFn: act,
    onSuccess: () => {
      setOpen(false);
      return queries.invalidateQueries();
    },
  });
  const ask = () => {
    doing.reset(); // what went wrong the last time
    setOpen(true);
  };
  return (
    <>
      <Button {...button} onClick={ask} />
      {open && (
        <Confirm
          title={title}
          consequence={consequence}
          action={action}
          danger={danger}
          pending={doing.isPending}
          error={doing.error}
          onConfirm={() => doing.mutate()}
          onClose={() => setOpen(false)}
        />
      )}
    </>
  );
}
