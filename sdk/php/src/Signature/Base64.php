<?php

declare(strict_types=1);

namespace Vendlane\Signature;

use Vendlane\Exception\MalformedException;

final class Base64
{
    /**
     * Decodes as leniently as signing.md §2.3 wants: standard or URL-safe alphabet (not both), padding
     * present and complete or absent, ASCII white space anywhere.
     *
     * @throws MalformedException
     */
    public static function decode(string $text): string
    {
        $digits = str_replace([' ', "\t", "\n", "\v", "\f", "\r"], '', $text);
        if (strpbrk($digits, '+/') !== false && strpbrk($digits, '-_') !== false) {
            throw new MalformedException('base64 alphabets mixed');
        }
        $unpadded = rtrim($digits, '=');
        $padding = strlen($digits) - strlen($unpadded);
        if ($padding > 2 || ($padding > 0 && strlen($digits) % 4 !== 0)) {
            throw new MalformedException('wrong base64 padding');
        }
        if (strlen($unpadded) % 4 === 1) {
            throw new MalformedException('not base64');
        }
        $bytes = base64_decode(strtr($unpadded, '-_', '+/'), true);
        return $bytes === false ? throw new MalformedException('not base64') : $bytes;
    }
}
