<?php

declare(strict_types=1);

namespace Vendlane\Signature;

use Vendlane\Exception\MalformedException;

/** A payload object as it was received, with what its signature covers. */
final class Payload
{
    private function __construct(private readonly JsonValue $object, private readonly Canonical $canonical)
    {
    }

    /**
     * Reads the JSON text of a payload by the rules of signing.md §2.3.
     *
     * @throws MalformedException
     */
    public static function parse(string $text): self
    {
        $object = JsonParser::parseObject($text);
        return new self($object, Canonical::ofObject($object));
    }

    /**
     * Reads an HTTP body {"payload":"<base64>"} (signing.md §2.1).
     *
     * @throws MalformedException
     */
    public static function fromEnvelope(string $body): self
    {
        $payload = JsonParser::parseObject($body)->items['payload'] ?? null;
        if ($payload?->kind !== 'string') {
            throw new MalformedException('no string "payload"');
        }
        return self::parse(Base64::decode($payload->text));
    }

    /** @return array<JsonValue> members by name; nested ones keep their structure */
    public function members(): array
    {
        return $this->object->items;
    }

    /** The string whose MD5 is the signature. As secret as the key: never log it. */
    public function canonical(Form $form, string $key): string
    {
        return $this->canonical->text($form, $key);
    }

    /** The signature of the payload in one form. */
    public function sign(Form $form, string $key): string
    {
        return $this->canonical->sign($form, $key);
    }

    /**
     * Tells whether the member "sign" is the signature in any form with any of the keys (signing.md §4, steps
     * 2 to 4). All of them are compared, in constant time. An empty key matches nothing.
     */
    public function verify(#[\SensitiveParameter] string ...$keys): bool
    {
        $given = $this->members()['sign'] ?? null;
        if ($given?->kind !== 'string' || preg_match('/\A[0-9A-Fa-f]{32}\z/', $given->text) !== 1) {
            return false;
        }
        $match = false;
        foreach (array_filter($keys, static fn (string $key) => $key !== '') as $key) {
            foreach (Form::cases() as $form) {
                $match = hash_equals($this->sign($form, $key), strtoupper($given->text)) || $match;
            }
        }
        return $match;
    }

    /**
     * Tells whether "timestamp" is 10 digits and at most $window seconds away from $now (signing.md §4,
     * step 5). Window 0 accepts every distance.
     */
    public function withinWindow(int $now, int $window): bool
    {
        $given = $this->members()['timestamp'] ?? null;
        if (!in_array($given?->kind, ['string', 'number'], true) || preg_match('/\A[0-9]{10}\z/', $given->text) !== 1) {
            return false;
        }
        return $window === 0 || abs($now - (int) $given->text) <= $window;
    }
}
