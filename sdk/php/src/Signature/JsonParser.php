<?php

declare(strict_types=1);

namespace Vendlane\Signature;

use Vendlane\Exception\MalformedException;

/**
 * Reads exactly one JSON object by the rules of signing.md §2.3: UTF-8 without byte-order mark, bounded
 * size and depth, no member name twice. json_decode can do neither the last nor keep the texts of numbers.
 */
final class JsonParser
{
    private const MAX_SIZE = 64 * 1024;
    /** The object itself is level 1. */
    private const MAX_DEPTH = 8;

    private const NUMBER = '/\G-?(?:0|[1-9][0-9]*+)(?:\.[0-9]++)?(?:[eE][+-]?[0-9]++)?/';
    private const STRING = '/\G"(?:[^"\\\\\x00-\x1f]++|\\\\(?:["\\\\\/bfnrt]|u[0-9A-Fa-f]{4}))*+"/';
    private const SPACE = '/\G[ \t\n\r]*+/';
    private const WORD = '/\Gtrue|\Gfalse|\Gnull/';

    private int $at = 0;

    private function __construct(private readonly string $text)
    {
    }

    /** @throws MalformedException */
    public static function parseObject(string $text): JsonValue
    {
        if (strlen($text) > self::MAX_SIZE) {
            throw new MalformedException('longer than ' . self::MAX_SIZE . ' bytes');
        }
        if (preg_match('//u', $text) !== 1) {
            throw new MalformedException('not UTF-8');
        }
        return (new self($text))->whole();
    }

    private function whole(): JsonValue
    {
        $this->match(self::SPACE);
        if ($this->peek() !== '{') {
            $this->fail('object expected');
        }
        $object = $this->value(0);
        $this->match(self::SPACE);
        return $this->at === strlen($this->text) ? $object : $this->fail('text after the object');
    }

    /** @param int $depth of the container that holds the value */
    private function value(int $depth): JsonValue
    {
        switch ($this->peek()) {
            case '{':
                return $this->object($depth + 1);
            case '[':
                return $this->array($depth + 1);
            case '"':
                return new JsonValue('string', $this->string());
        }
        $number = $this->match(self::NUMBER);
        if ($number !== null) {
            return new JsonValue('number', $number);
        }
        $word = $this->match(self::WORD) ?? $this->fail('value expected');
        return $word === 'null' ? new JsonValue('null') : new JsonValue('boolean', $word);
    }

    private function object(int $depth): JsonValue
    {
        $members = [];
        for ($more = $this->open('}', $depth); $more; $more = $this->next('}')) {
            $name = $this->string();
            if (array_key_exists($name, $members)) {
                $this->fail('duplicate member name');
            }
            $this->match(self::SPACE);
            if ($this->peek() !== ':') {
                $this->fail('colon expected');
            }
            $this->at++;
            $this->match(self::SPACE);
            $members[$name] = $this->value($depth);
        }
        return new JsonValue('object', items: $members);
    }

    private function array(int $depth): JsonValue
    {
        $items = [];
        for ($more = $this->open(']', $depth); $more; $more = $this->next(']')) {
            $items[] = $this->value($depth);
        }
        return new JsonValue('array', items: $items);
    }

    /** Steps into a container; false if it is empty, and then it is over. */
    private function open(string $closing, int $depth): bool
    {
        if ($depth > self::MAX_DEPTH) {
            $this->fail('nested too deeply');
        }
        $this->at++;
        $this->match(self::SPACE);
        if ($this->peek() !== $closing) {
            return true;
        }
        $this->at++;
        return false;
    }

    /** Steps over the comma; false at the end of the container. */
    private function next(string $closing): bool
    {
        $this->match(self::SPACE);
        $c = $this->peek();
        $this->at++;
        if ($c === $closing) {
            return false;
        }
        if ($c !== ',') {
            $this->fail('comma or closing bracket expected');
        }
        $this->match(self::SPACE);
        return true;
    }

    private function string(): string
    {
        $quoted = $this->match(self::STRING) ?? $this->fail('string expected');
        $text = json_decode($quoted);
        return is_string($text) ? $text : $this->fail('half a surrogate pair');
    }

    private function peek(): string
    {
        return $this->text[$this->at] ?? '';
    }

    private function match(string $pattern): ?string
    {
        if (preg_match($pattern, $this->text, $found, 0, $this->at) !== 1) {
            return null;
        }
        $this->at += strlen($found[0]);
        return $found[0];
    }

    /** Never quotes the input, which may hold codes. */
    private function fail(string $what): never
    {
        throw new MalformedException("$what at byte {$this->at}");
    }
}
