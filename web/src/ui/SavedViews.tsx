import { useMutation, useQuery, useQueryClient } from "@tanstack/react-query";
import { Bookmark, Pencil } from "lucide-react";
import { useState, type FormEvent } from "react";
import { Link, useLocation, useSearch } from "wouter";
import { api } from "../api/client";
import { useMay } from "../api/session";
import type { List, SavedView } from "../api/types";
import { useLanguage } from "../i18n/language";
import { Button } from "./Button";
import { ConfirmButton } from "./ConfirmButton";
import { DialogButton } from "./DialogButton";
import { ErrorNote } from "./ErrorNote";
import { Field } from "./Field";

type Page = SavedView["page"];

/** The button and the dialog that keep the filters of a page under a name, and open them again. */
export function SavedViews({ page }: { page: Page }) {
  const { t } = useLanguage();
  return (
    <DialogButton title={t("views.saved")} dialog={(close) => <Views page={page} onOpen={close} />}>
      <Bookmark size={16} aria-hidden />
      {t("views.saved")}
    </DialogButton>
  );
}

function Views({ page, onOpen }: { page: Page; onOpen: () => void }) {
  const { t } = useLanguage();
  const may = useMay();
  const [path] = useLocation();
  const views = useQuery({ queryKey: ["/views", page], queryFn: ({ signal }) => api.get<List<SavedView>>("/views", { page }, signal) });
  const [renaming, setRenaming] = useState(0);
  return (
    <div className="flex flex-col gap-4">
      <ErrorNote error={views.error} onRetry={() => void views.refetch()} />
      {views.data?.items.length === 0 && <p className="text-muted">{t("views.none")}</p>}
      <ul className="flex flex-col gap-1">
        {views.data?.items.map((view) => (
          <li key={view.id} className="flex flex-wrap items-center gap-2">
            {renaming === view.id ? (
              <Rename view={view} onDone={() => setRenaming(0)} />
            ) : (
              <>
                <Link href={view.query ? `${path}?${view.query}` : path} onClick={onOpen} className="min-w-0 flex-1 font-medium break-words text-brand-strong underline">
                  {view.name}
                </Link>
                {view.shared && <span className="text-sm text-muted">{t("views.shared_by", { name: view.owner })}</span>}
                {(!view.shared || may("edit_merchant")) && (
                  <>
                    <Button look="quiet" aria-label={t("views.rename", { name: view.name })} onClick={() => setRenaming(view.id)}>
                      <Pencil size={16} aria-hidden />
                    </Button>
                    <ConfirmButton
                      look="quiet"
                      title={t("views.delete")}
                      aria-label={`${t("views.delete")} ${view.name}`}
                      consequence={t(view.shared ? "views.delete_shared" : "views.delete_confirm", { name: view.name })}
                      act={() => api.delete(`/views/${view.id}`)}
                    >
                      {t("views.delete")}
                    </ConfirmButton>
                  </>
                )}
              </>
            )}
          </li>
        ))}
      </ul>
      <Save page={page} />
    </div>
  );
}

function Rename({ view, onDone }: { view: SavedView; onDone: () => void }) {
  const { t } = useLanguage();
  const queries = useQueryClient();
  const rename = useMutation({
    mutationFn: (name: string) => api.put(`/views/${view.id}`, { name, query: view.query, shared: view.shared }),
    onSuccess: () => {
      onDone();
      return queries.invalidateQueries({ queryKey: ["/views"] });
    },
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    rename.mutate(String(new FormData(event.currentTarget).get("name")));
  };
  return (
    <form onSubmit={onSubmit} className="flex w-full flex-wrap items-end gap-2">
      <Field className="flex-1" label={t("views.rename", { name: view.name })} name="name" defaultValue={view.name} maxLength={100} required autoFocus />
      <Button type="submit" disabled={rename.isPending}>
        {t("app.save")}
      </Button>
      <ErrorNote error={rename.error} />
    </form>
  );
}

/** Keeps the filters in the address of the page. */
function Save({ page }: { page: Page }) {
  const { t } = useLanguage();
  const may = useMay();
  const queries = useQueryClient();
  const query = useSearch();
  const save = useMutation({
    mutationFn: (body: object) => api.post<SavedView>("/views", body),
    onSuccess: () => queries.invalidateQueries({ queryKey: ["/views"] }),
  });
  const onSubmit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    const form = event.currentTarget;
    const fields = new FormData(form);
    save.mutate({ page, name: fields.get("name"), query, shared: fields.get("shared") !== null }, { onSuccess: () => form.reset() });
  };
  return (
    <form onSubmit={onSubmit} className="flex flex-col gap-3 border-t border-line pt-4">
      <Field label={t("views.save")} name="name" hint={query ? `?${query}` : t("views.unfiltered")} maxLength={100} required />
      {may("edit_merchant") && (
        <label className="flex items-start gap-2">
          <input type="checkbox" name="shared" className="mt-1" />
          {t("views.share")}
        </label>
      )}
      <ErrorNote error={save.error} />
      <Button type="submit" look="primary" disabled={save.isPending}>
        {t("app.save")}
      </Button>
    </form>
  );
}
