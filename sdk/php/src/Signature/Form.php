<?php

declare(strict_types=1);

namespace Vendlane\Signature;

/**
 * How names and texts are written in the canonical string (signing.md §3). The platform and this client
 * sign in the raw form.
 */
enum Form
{
    case Raw;
    /** application/x-www-form-urlencoded as Go writes it: "~" stays, "*" does not. */
    case Escaped;
    /** The same as Java writes it: "*" stays, "~" does not. */
    case EscapedJava;

    public function write(string $text): string
    {
        return match ($this) {
            self::Raw => $text,
            self::Escaped => strtr(rawurlencode($text), ['%20' => '+']),
            self::EscapedJava => strtr(rawurlencode($text), ['%20' => '+', '%2A' => '*', '~' => '%7E']),
        };
    }
}
