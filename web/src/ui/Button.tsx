import type { ButtonHTMLAttributes } from "react";

const looks = {
  primary: "bg-brand text-white hover:bg-brand-strong border-brand",
  plain: "bg-white text-ink hover:bg-ground border-[#aeb7c0]",
  quiet: "border-transparent text-ink hover:bg-black/5",
  danger: "bg-bad text-white hover:brightness-90 border-bad",
};

export type ButtonProps = ButtonHTMLAttributes<HTMLButtonElement> & { look?: keyof typeof looks };

export function Button({ look = "plain", className = "", type = "button", ...rest }: ButtonProps) {
  return (
    <button
      type={type}
      className={`inline-flex min-h-9 items-center justify-center gap-1.5 rounded-md border px-3 py-1 font-medium whitespace-nowrap disabled:opacity-55 ${looks[look]} ${className}`}
      {...rest}
    />
  );
}
