<?php

declare(strict_types=1);

namespace Vendlane\Tests;

/** The folder api of the repository. */
final class Api
{
    public static function text(string $name): string
    {
        return file_get_contents(__DIR__ . "/../../../api/$name") ?: throw new \RuntimeException("api/$name is missing");
    }

    public static function json(string $name): mixed
    {
        return json_decode(self::text($name), true, flags: JSON_THROW_ON_ERROR);
    }

    /**
     * The cases of a file as PHPUnit wants them.
     *
     * @return iterable<string, array{array<string, mixed>}>
     */
    public static function cases(string $name, string $list): iterable
    {
        foreach (self::json("vectors/$name")[$list] as $case) {
            yield $case['name'] => [$case];
        }
    }
}
