<?php

declare(strict_types=1);

namespace Vendlane;

use Vendlane\Exception\NoAnswerException;

/**
 * The members of an answer. A missing member is "", 0, false, no object or an empty list (openapi.md §2.1).
 *
 * @internal
 */
final class Fields
{
    /** @param array<mixed> $members */
    private function __construct(private readonly array $members)
    {
    }

    public static function of(mixed $data): self
    {
        return new self(is_array($data) ? $data : self::fail('data'));
    }

    /**
     * @template T
     * @param callable(self): T $each
     * @return list<T>
     */
    public static function listOf(mixed $data, callable $each): array
    {
        return array_map(
            static fn (mixed $item) => $each(self::of($item)),
            is_array($data) && array_is_list($data) ? $data : self::fail('data'),
        );
    }

    public function text(string $name): string
    {
        $value = $this->members[$name] ?? '';
        return is_string($value) ? $value : self::fail($name);
    }

    public function int(string $name): int
    {
        $value = $this->members[$name] ?? 0;
        return is_int($value) ? $value : self::fail($name);
    }

    /** An identifier, which is never missing. */
    public function id(string $name): int
    {
        $id = $this->int($name);
        return $id > 0 ? $id : self::fail($name);
    }

    public function bool(string $name): bool
    {
        $value = $this->members[$name] ?? false;
        return is_bool($value) ? $value : self::fail($name);
    }

    /** An object that is never missing. */
    public function part(string $name): self
    {
        return is_array($this->members[$name] ?? null) ? new self($this->members[$name]) : self::fail($name);
    }

    /**
     * @template T
     * @param callable(self): T $make
     * @return ?T
     */
    public function object(string $name, callable $make): mixed
    {
        return isset($this->members[$name]) ? $make(self::of($this->members[$name])) : null;
    }

    /**
     * @template T
     * @param callable(self): T $each
     * @return list<T>
     */
    public function objects(string $name, callable $each): array
    {
        return self::listOf($this->members[$name] ?? [], $each);
    }

    /** @return list<string> */
    public function texts(string $name): array
    {
        $values = $this->members[$name] ?? [];
        if (!is_array($values) || !array_is_list($values) || array_filter($values, 'is_string') !== $values) {
            self::fail($name);
        }
        return $values;
    }

    private static function fail(string $name): never
    {
        throw new NoAnswerException("an answer whose $name is not what the contract says");
    }
}
