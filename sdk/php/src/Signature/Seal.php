<?php

declare(strict_types=1);

namespace Vendlane\Signature;

/** Signed messages as the platform and this client write them (signing.md §5). */
final class Seal
{
    private const FLAGS = JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE
        | JSON_UNESCAPED_LINE_TERMINATORS | JSON_INVALID_UTF8_SUBSTITUTE;

    /**
     * Signs members in the raw form and returns compact JSON, sorted by name, with "sign" added. Empty
     * texts stay in the JSON though they are not signed.
     *
     * @param array<string, string|int> $members
     */
    public static function json(array $members, #[\SensitiveParameter] string $key): string
    {
        unset($members['sign']);
        $texts = $written = [];
        foreach ($members as $name => $value) {
            $json = json_encode($value, self::FLAGS);
            $written[$name] = $json;
            // As the receiver will read it: bytes that are not UTF-8 have been replaced.
            $texts[$name] = is_string($value) ? json_decode($json, flags: JSON_THROW_ON_ERROR) : $json;
        }
        $written['sign'] = json_encode(Canonical::ofTexts($texts)->sign(Form::Raw, $key), self::FLAGS);
        ksort($written, SORT_STRING);
        $pairs = [];
        foreach ($written as $name => $json) {
            $pairs[] = json_encode((string) $name, self::FLAGS) . ':' . $json;
        }
        return '{' . implode(',', $pairs) . '}';
    }

    /**
     * Signs members and returns the HTTP body {"payload":"<base64>"} (signing.md §2.1).
     *
     * @param array<string, string|int> $members
     */
    public static function envelope(array $members, #[\SensitiveParameter] string $key): string
    {
        return '{"payload":"' . base64_encode(self::json($members, $key)) . '"}';
    }
}
