import { useMutation, useQueryClient } from "@tanstack/react-query";
import { useState, type FormEvent } from "react";
import { api } from "../../api/client";
import { useLanguage } from "../../i18n/language";
import { Button } from "../../ui/Button";
import { ErrorNote } from "../../ui/ErrorNote";
import { Field } from "../../ui/Field";

/** Says something about an order, for the others; the timeline shows it. */
export function CommentForm({ path }: { path: string }) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const [text, setText] = useState("");
  const comment = useMutation({
    mutationFn: () => api.post(`${path}/comments`, { text: text.trim() }),
    onSuccess: () => {
      setText("");
      return queries.invalidateQueries({ queryKey: [path] });
    },
  });
  const onSubmit = (event: FormEvent) => {
    event.preventDefault();
    comment.mutate();
  };
  return (
    <form onSubmit={onSubmit} className="mt-2">
      <div className="flex items-end gap-2">
        <Field className="grow" label={t("order.comment")} value={text} maxLength={1000} onChange={(e) => setText(e.target.value)} autoComplete="off" />
        <Button type="submit" disabled={!text.trim() || comment.isPending}>
          {t("order.comment_add")}
        </Button>
      </div>
      <ErrorNote error={comment.error} />
    </form>
  );
}
