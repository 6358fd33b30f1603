<?php

declare(strict_types=1);

namespace Vendlane\Tests;

use PHPUnit\Framework\TestCase;

/** What the READMEs show runs: with a fake platform for Guzzle, and given texts for the web server's. */
final class ReadmeTest extends TestCase
{
    private const HEADERS = ['Webhook-Id' => 'msg_2f9c1d7e4b6a48d0', 'Webhook-Timestamp' => '1', 'Webhook-Signature' => 'v1,AAAA'];

    public static function readmes(): iterable
    {
        yield ['README.md'];
        yield ['README.zh-CN.md'];
    }

    /** @dataProvider readmes */
    public function testItsCodeRuns(string $name): void
    {
        preg_match_all('/^```php\n(.*?)^```$/ms', (string) file_get_contents(__DIR__ . "/../$name"), $blocks);
        [$redeem, $take] = $blocks[1];

        $platform = new FakePlatform([
            FakePlatform::ok(['order_id' => 60, 'records' => [['id' => 78]]]),
            FakePlatform::ok(['delivery_id' => '5121763043809673']),
        ]);
        $this->expectOutputString('5121763043809673');
        self::runCode(str_replace("new GuzzleHttp\\Client(['timeout' => 15])", '$platform', $redeem), ['platform' => $platform]);
        self::assertSame(['/consumes', '/deliveries'], $platform->paths());

        // An old signature is rejected, so the code answers 401.
        self::runCode(
            strtr($take, ['getallheaders()' => '$headers', "file_get_contents('php://input')" => "'{}'", 'http_response_code(' => '$answer(']),
            ['headers' => self::HEADERS, 'answer' => static function (int $status) use (&$answered): void {
                $answered = $status;
            }],
        );
        self::assertSame(401, $answered);
    }

    /** @param array<string, mixed> $variables of the code */
    private static function runCode(string $code, array $variables): void
    {
        (static function () use ($code, $variables): void {
            extract($variables);
            eval($code);
        })();
    }
}
