<?php

declare(strict_types=1);

namespace Vendlane\Tests;

use PHPUnit\Framework\TestCase;
use Vendlane\Exception\MalformedException;
use Vendlane\Signature\Base64;
use Vendlane\Signature\Form;
use Vendlane\Signature\Payload;
use Vendlane\Signature\Seal;

final class SignatureTest extends TestCase
{
    public static function signatures(): iterable
    {
        return Api::cases('signatures.json', 'vectors');
    }

    /** @dataProvider signatures */
    public function testSignatures(array $v): void
    {
        $payload = Payload::parse($v['payload_json']);
        foreach (
            [
                [Form::Raw, $v['canonical_r'], $v['sign_r']],
                [Form::Escaped, $v['canonical_e'], $v['sign_e']],
                [Form::EscapedJava, $v['canonical_e_java'] ?? $v['canonical_e'], $v['sign_e_java'] ?? $v['sign_e']],
            ] as [$form, $canonical, $sign]
        ) {
            self::assertSame($canonical, $payload->canonical($form, $v['key']));
            self::assertSame($sign, $payload->sign($form, $v['key']));
        }
        if (isset($v['http_body'])) {
            self::assertEquals($payload, Payload::fromEnvelope($v['http_body']));
        }
        if (isset($v['mqtt_body'])) {
            self::assertEquals($payload, Payload::parse(Base64::decode($v['mqtt_body'])));
        }
    }

    public static function verification(): iterable
    {
        return Api::cases('negative.json', 'verification');
    }

    /** @dataProvider verification */
    public function testVerification(array $v): void
    {
        $payload = Payload::parse($v['payload_json']);
        $code = match (true) {
            !$payload->verify($v['key']) => 10015,
            !$payload->withinWindow($v['server_time'], $v['window_s']) => 10016,
            default => 0,
        };
        self::assertSame($v['code'], $code);
    }

    public static function malformedPayloads(): iterable
    {
        return Api::cases('negative.json', 'malformed_payloads');
    }

    /** @dataProvider malformedPayloads */
    public function testMalformedPayload(array $v): void
    {
        $text = isset($v['payload_base64']) ? base64_decode($v['payload_base64']) : $v['payload_json'];
        self::assertRefused(static fn () => Payload::parse($text));
        self::assertRefused(static fn () => Payload::fromEnvelope('{"payload":"' . base64_encode($text) . '"}'));
    }

    public static function malformedBodies(): iterable
    {
        return Api::cases('negative.json', 'malformed_bodies');
    }

    /** @dataProvider malformedBodies */
    public function testMalformedBody(array $v): void
    {
        self::assertRefused(static fn () => Payload::fromEnvelope($v['body']));
    }

    public static function acceptedBodies(): iterable
    {
        return Api::cases('negative.json', 'accepted_bodies');
    }

    /** @dataProvider acceptedBodies */
    public function testAcceptedBody(array $v): void
    {
        self::assertEquals(Payload::parse($v['payload_json']), Payload::fromEnvelope($v['body']));
    }

    public static function base64(): iterable
    {
        return Api::cases('base64.json', 'cases');
    }

    /** @dataProvider base64 */
    public function testBase64(array $v): void
    {
        if ($v['refused'] ?? false) {
            self::assertRefused(static fn () => Base64::decode($v['text']));
        } else {
            self::assertSame($v['hex'], bin2hex(Base64::decode($v['text'])));
        }
    }

    public static function sealed(): iterable
    {
        return Api::cases('sealed.json', 'messages');
    }

    /** @dataProvider sealed */
    public function testSealed(array $v): void
    {
        $members = json_decode($v['members_json'], true, flags: JSON_THROW_ON_ERROR);
        $body = match ($v['kind']) {
            'callback' => Seal::json($members, $v['key']),
            'http' => Seal::envelope($members, $v['key']),
            'mqtt' => base64_encode(Seal::json(array_filter($members, static fn ($m) => $m !== ''), $v['key'])),
        };
        self::assertSame($v['body'], $body);
    }

    public function testBounds(): void
    {
        self::assertRefused(static fn () => Payload::parse('{"a":"' . str_repeat('x', 64 * 1024) . '"}'), 'longer than');
        $nested = '{"' . str_repeat('n', 30_000) . '":[' . str_repeat('1,', 15_000) . '1]}';
        self::assertRefused(static fn () => Payload::parse($nested), 'flattened');
        $largest = '{"a":"' . str_repeat('\\n', 32 * 1024 - 4) . '"}';
        self::assertSame(32 * 1024 - 4, strlen(Payload::parse($largest)->members()['a']->text));
    }

    public function testWhatIsSealedIsWhatTheReceiverReads(): void
    {
        $sealed = Seal::json(['bytes' => "a\xffb", '7' => 'a number as a name', 'sign' => 'replaced'], 'kva');
        self::assertTrue(Payload::parse($sealed)->verify('kva'));
    }

    public function testAnEmptyKeyMatchesNothing(): void
    {
        self::assertFalse(Payload::parse(Seal::json(['a' => '1'], ''))->verify(''));
    }

    private static function assertRefused(callable $read, string $why = ''): void
    {
        try {
            $read();
        } catch (MalformedException $e) {
            self::assertStringContainsString($why, $e->getMessage());
            return;
        }
        self::fail('accepted');
    }
}
