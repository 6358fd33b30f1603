<?php

declare(strict_types=1);

namespace Vendlane\Tests;

use PHPUnit\Framework\TestCase;
use Vendlane\Client;
use Vendlane\Exception\ApiException;

final class GoldenTest extends TestCase
{
    private const NO = '16327129';
    private const TRADE = '800a7e9500d345c8987d3aafa412c77d';
    private const DASHED = '800a7e95-00d3-45c8-987d-3aafa412c77d';

    public static function exchanges(): iterable
    {
        return Api::cases('golden.json', 'exchanges');
    }

    /** @dataProvider exchanges */
    public function testExchange(array $e): void
    {
        $exchanges = array_column(Api::json('vectors/golden.json')['exchanges'], null, 'name');
        $ours = $exchanges['query by trade_id']['answer'];
        $platform = new FakePlatform([
            FakePlatform::answer($e['http_status'], $e['answer']),
            FakePlatform::answer(200, $ours), // asked for after code 10025
        ]);
        $result = $error = null;
        try {
            $result = self::call($platform->client(appId: $e['headers']['Appid']), $e['name']);
        } catch (ApiException $error) {
        }
        if (in_array($e['answer']['code'], [0, 10025], true)) {
            self::assertNull($error);
            self::assertRead($e['answer']['code'] === 0 ? $e['answer']['data'] : $ours['data'], $result);
        } else {
            self::assertSame(
                [$e['answer']['code'], $e['answer']['message'], $e['http_status'], $e['answer']['data']],
                [$error?->getCode(), $error?->getMessage(), $error?->httpStatus, $error?->data],
            );
        }
        self::assertSame($e['method'], $platform->received[0]->getMethod());
        if ($e['name'] !== 'unknown route') {
            self::assertSame($e['path'], '/api/openapi/v1' . $platform->paths()[0]);
        }
        foreach ($e['headers'] as $name => $value) {
            self::assertSame($value, $platform->received[0]->getHeaderLine($name));
        }
        if (isset($e['payload_json']) && $e['name'] !== 'consumption without notify_url') {
            $members = json_decode($e['payload_json'], true);
            self::assertSame((string) FakePlatform::NOW, $members['timestamp']);
            unset($members['sign'], $members['timestamp']);
            self::assertEquals($members, $platform->payload(0));
        }
    }

    /** Makes an exchange as a client does. Some are about requests no client makes: there only the answer counts. */
    private static function call(Client $client, string $exchange): mixed
    {
        $consume = static fn (string $code = '5288640', string $trade = self::TRADE, string $url = 'https://merchant.example/notify')
            => $client->consume(self::NO, $code, 131, $url, $trade)->order;
        return match ($exchange) {
            'ping', 'ping with an unknown AppId', 'unknown route' => $client->ping(),
            'consumption without notify_url' => $consume(url: ''),
            'consumption with the sign of another payload', 'another code with the same trade_id' => $consume('5288641'),
            'usable codes of the product' => $client->codes(self::NO, 131),
            'consumption', 'the same call again' => $consume(),
            'the same call with a dashed trade_id' => $consume(trade: self::DASHED),
            'query by order_id' => $client->order(self::NO, 60),
            'query by trade_id' => $client->order(self::NO, self::TRADE),
            'query by dashed trade_id' => $client->order(self::NO, self::DASHED),
        };
    }

    /** Compares what was read with the JSON it was read from, name by name. */
    private static function assertRead(mixed $data, mixed $read): void
    {
        if ($data === 'pong') {
            self::assertNull($read);
            return;
        }
        if (!is_array($data)) {
            self::assertSame($data, $read);
            return;
        }
        foreach ($data as $name => $value) {
            $property = is_int($name) ? $name : lcfirst(str_replace('_', '', ucwords($name, '_')));
            self::assertRead($value, is_int($name) ? $read[$name] : $read->$property);
        }
    }
}
