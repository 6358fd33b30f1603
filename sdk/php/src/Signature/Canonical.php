<?php

declare(strict_types=1);

namespace Vendlane\Signature;

use Vendlane\Exception\MalformedException;

/** The pairs of name and text that are signed, in their order (signing.md §3). */
final class Canonical
{
    /** How long all names and texts may be together: nesting repeats the names above a value. */
    private const MAX_FLAT = 1 << 20;

    /** @param list<array{string, string}> $pairs sorted */
    private function __construct(private readonly array $pairs)
    {
    }

    /**
     * Flattens an object (steps 1 to 4).
     *
     * @throws MalformedException
     */
    public static function ofObject(JsonValue $object): self
    {
        $pairs = [];
        $size = 0;
        foreach ($object->items as $name => $value) {
            if ($name !== 'sign') {
                self::flatten((string) $name, $value, $pairs, $size);
            }
        }
        return self::sorted($pairs);
    }

    /**
     * The pairs of a flat message about to be sent.
     *
     * @param array<string, string> $texts by name
     */
    public static function ofTexts(array $texts): self
    {
        $pairs = [];
        foreach ($texts as $name => $text) {
            if (self::counts($text)) {
                $pairs[] = [(string) $name, $text];
            }
        }
        return self::sorted($pairs);
    }

    /** The string that is hashed. It ends with the key: as secret as the key itself. */
    public function text(Form $form, string $key): string
    {
        $written = array_map(static fn (array $pair) => $form->write($pair[0]) . '=' . $form->write($pair[1]), $this->pairs);
        return implode('&', $written) . '&key=' . $key;
    }

    /** The signature: 32 upper-case hex digits (step 7). */
    public function sign(Form $form, string $key): string
    {
        return strtoupper(md5($this->text($form, $key)));
    }

    /** @param list<array{string, string}> $pairs */
    private static function flatten(string $name, JsonValue $value, array &$pairs, int &$size): void
    {
        foreach ($value->items as $key => $item) {
            self::flatten("{$name}[{$key}]", $item, $pairs, $size);
        }
        if (!self::counts($value->text)) {
            return;
        }
        $size += strlen($name) + strlen($value->text);
        if ($size > self::MAX_FLAT) {
            throw new MalformedException('flattened names and texts are too long');
        }
        $pairs[] = [$name, $value->text];
    }

    /** Tells whether a text enters the signature at all (step 3). */
    private static function counts(string $text): bool
    {
        return $text !== '' && $text !== 'NULL';
    }

    /** @param list<array{string, string}> $pairs */
    private static function sorted(array $pairs): self
    {
        usort($pairs, static fn (array $a, array $b) => strcmp($a[0], $b[0]));
        return new self($pairs);
    }
}
