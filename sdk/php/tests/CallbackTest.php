<?php

declare(strict_types=1);

namespace Vendlane\Tests;

use GuzzleHttp\Psr7\ServerRequest;
use PHPUnit\Framework\TestCase;
use Vendlane\CallbackVerifier;
use Vendlane\Exception\CallbackRejectedException;
use Vendlane\Exception\MalformedException;
use Vendlane\Signature\Seal;

final class CallbackTest extends TestCase
{
    // The vector of consume.md §9.4.
    private const SECRET = 'whsec_AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8=';
    private const SIGNATURE = 'v1,JZMqfvqBaINtNJFygWBm7jeKVbYLsV39ZACvvbBAT1w=';
    private const HEADERS = ['webhook-id' => 'msg_2f9c1d7e4b6a48d0', 'webhook-timestamp' => '1714373697', 'webhook-signature' => self::SIGNATURE];
    private const BODY = '{"deliver_status":"0","delivery_id":"5121763043809673","error_msg":"Slave Comm Error","floor_status":"3",'
        . '"machine_no":"16327129","method":"device.delivery.response","order_id":60,"record_id":78,'
        . '"sign":"424AE1E683C52BDD26B2BC4E25D1F3B5","timestamp":"1714373692","trade_id":"800a7e9500d345c8987d3aafa412c77d"}';
    private const ATTEMPT = 1714373697;
    private const EVENT = 1714373692;

    private static function verifier(?string $secret, ?string $key, int $now): CallbackVerifier
    {
        return new CallbackVerifier(self::listOf($secret), self::listOf($key), now: static fn () => $now);
    }

    /** @return list<string> */
    private static function listOf(?string $text): array
    {
        return $text === null ? [] : [$text];
    }

    public function testARequestIsRead(): void
    {
        $callback = self::verifier(self::SECRET, 'kva', self::ATTEMPT)
            ->verify(new ServerRequest('POST', '/notify', self::HEADERS, self::BODY));
        self::assertSame(
            ['msg_2f9c1d7e4b6a48d0', false, '5121763043809673', 60, 78, '800a7e9500d345c8987d3aafa412c77d', '16327129',
                'Slave Comm Error', '3', self::EVENT],
            array_slice(array_values((array) $callback), 0, 10),
        );
        self::assertCount(11, $callback->payload->members());
    }

    public static function accepted(): iterable
    {
        yield 'names in another case' => [array_combine(['Webhook-Id', 'Webhook-Timestamp', 'Webhook-Signature'], self::HEADERS)];
        yield 'two signatures, ours second' => [['webhook-signature' => 'v1,AAAA ' . self::SIGNATURE] + self::HEADERS];
    }

    /** @dataProvider accepted */
    public function testRawHeadersAreRead(array $headers): void
    {
        self::assertSame(60, self::verifier(self::SECRET, 'kva', self::ATTEMPT)->verifyRaw($headers, self::BODY)->orderId);
    }

    public static function ages(): iterable
    {
        yield [300, true];
        yield [-300, true];
        yield [301, false];
        yield [-301, false];
    }

    /** @dataProvider ages */
    public function testTheAgeOfAnAttempt(int $age, bool $accepted): void
    {
        if (!$accepted) {
            $this->expectException(CallbackRejectedException::class);
        }
        $callback = self::verifier(self::SECRET, null, self::ATTEMPT + $age)->verifyRaw(self::HEADERS, self::BODY);
        self::assertSame(60, $callback->orderId);
    }

    public static function eventAges(): iterable
    {
        yield [32 * 86_400, true];
        yield [-300, true];
        yield [32 * 86_400 + 1, false];
        yield [-301, false];
    }

    /** @dataProvider eventAges */
    public function testItsSignAloneWillDoWithoutAnId(int $age, bool $accepted): void
    {
        if (!$accepted) {
            $this->expectException(CallbackRejectedException::class);
        }
        $callback = self::verifier(null, 'kva', self::EVENT + $age)->verifyRaw(self::HEADERS, self::BODY);
        self::assertSame([null, 78], [$callback->id, $callback->recordId]);
    }

    public function testEitherOfTwoSecretsAndOfTwoAppKeysWillDo(): void
    {
        foreach ([[self::SECRET, 'whsec_AAAA'], ['whsec_AAAA', self::SECRET]] as $secrets) {
            foreach ([['kva', 'kvb'], ['kvb', 'kva']] as $keys) {
                $verifier = new CallbackVerifier($secrets, $keys, now: static fn () => self::ATTEMPT);
                self::assertSame(60, $verifier->verifyRaw(self::HEADERS, self::BODY)->orderId);
            }
        }
    }

    /** @param array<string, string|int> $change */
    private static function expiry(array $change = []): string
    {
        return Seal::json($change + ['deliver_status' => '0', 'error_msg' => 'Order Expired', 'machine_no' => '1',
            'method' => 'device.delivery.response', 'order_id' => 54, 'record_id' => 70, 'timestamp' => '1714116942',
            'trade_id' => 't', 'new' => 'x'], 'kva');
    }

    public function testNewMembersAndNoDelivery(): void
    {
        $callback = self::verifier(null, 'kva', 1714116942)->verifyRaw([], self::expiry());
        self::assertSame([null, 54, false], [$callback->deliveryId, $callback->orderId, $callback->success]);
    }

    public static function malformed(): iterable
    {
        yield 'another status' => [self::expiry(['deliver_status' => '2'])];
        yield 'another method' => [self::expiry(['method' => 'other'])];
        yield 'an order id that is none' => [self::expiry(['order_id' => 'x'])];
        yield 'order 0' => [self::expiry(['order_id' => 0])];
        yield 'an empty record id' => [self::expiry(['record_id' => ''])];
        yield 'a timestamp in milliseconds' => [self::expiry(['timestamp' => '1714116942000'])];
        yield 'not an object' => ['[]'];
    }

    /** @dataProvider malformed */
    public function testWhatCannotBeUnderstood(string $body): void
    {
        $this->expectException(MalformedException::class);
        self::verifier(null, 'kva', 1714116942)->verifyRaw([], $body);
    }

    public static function rejected(): iterable
    {
        $both = [self::SECRET, 'kva'];
        yield 'changed body' => [self::HEADERS, str_replace('60', '61', self::BODY), ...$both];
        yield 'changed id' => [['webhook-id' => 'msg_x'] + self::HEADERS, self::BODY, ...$both];
        yield 'changed time' => [['webhook-timestamp' => '1714373698'] + self::HEADERS, self::BODY, ...$both];
        yield 'no headers, though a secret is known' => [[], self::BODY, ...$both];
        yield 'no signature' => [['webhook-signature' => ''] + self::HEADERS, self::BODY, ...$both];
        yield 'another version' => [['webhook-signature' => 'v2' . substr(self::SIGNATURE, 2)] + self::HEADERS, self::BODY, ...$both];
        yield 'another secret' => [self::HEADERS, self::BODY, 'whsec_AAAA', 'kva'];
        yield 'another AppKey' => [self::HEADERS, self::BODY, self::SECRET, 'kvb'];
        yield 'wrong sign' => [[], str_replace('424A', '424B', self::BODY), null, 'kva'];
    }

    /** @dataProvider rejected */
    public function testIsRejected(array $headers, string $body, ?string $secret, ?string $key): void
    {
        $this->expectException(CallbackRejectedException::class);
        self::verifier($secret, $key, self::ATTEMPT)->verifyRaw($headers, $body);
    }

    public static function unusable(): iterable
    {
        yield 'nothing' => [null, null];
        yield 'an empty AppKey' => [null, ''];
        yield 'no prefix' => ['AAEC', null];
        yield 'an empty secret' => ['', 'kva'];
        yield 'an empty AppKey beside a secret' => [self::SECRET, ''];
    }

    /** @dataProvider unusable */
    public function testAVerifierNeedsAKeyItCanUse(?string $secret, ?string $key): void
    {
        $this->expectException(\InvalidArgumentException::class);
        self::verifier($secret, $key, self::ATTEMPT);
    }
}
