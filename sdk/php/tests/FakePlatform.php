<?php

declare(strict_types=1);

namespace Vendlane\Tests;

use GuzzleHttp\Psr7\HttpFactory;
use GuzzleHttp\Psr7\Response;
use Psr\Http\Client\ClientExceptionInterface;
use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestInterface;
use Psr\Http\Message\ResponseInterface;
use Vendlane\Client;
use Vendlane\Credentials;
use Vendlane\Repeats;
use Vendlane\Signature\Payload;

/** A platform that answers as scripted, one answer per attempt. */
final class FakePlatform implements ClientInterface
{
    public const NOW = 1_714_353_655;

    /** @var list<RequestInterface> */
    public array $received = [];
    /** @var list<int> */
    public array $waits = [];

    /** @param list<ResponseInterface|ClientExceptionInterface> $script */
    public function __construct(public array $script)
    {
    }

    public static function ok(mixed $data): ResponseInterface
    {
        return self::answer(200, ['code' => 0, 'message' => 'ok', 'data' => $data]);
    }

    /** @param array<string, mixed> $data */
    public static function refusal(int $code, array $data = [], int $status = 200): ResponseInterface
    {
        return self::answer($status, ['code' => $code, 'message' => 'no', 'data' => (object) $data]);
    }

    public static function answer(int $status, mixed $answer): ResponseInterface
    {
        return new Response($status, ['X-Request-Id' => 'r1'], json_encode($answer, JSON_THROW_ON_ERROR));
    }

    public static function broken(): ClientExceptionInterface
    {
        return new class ('connection reset') extends \RuntimeException implements ClientExceptionInterface {
        };
    }

    public function client(int $attempts = 4, string $appId = 'vm0123456789abcdef'): Client
    {
        $factory = new HttpFactory();
        $sleep = function (int $ms): void {
            $this->waits[] = $ms;
        };
        return new Client(
            'https://platform.example/',
            new Credentials($appId, '0123456789abcdef0123456789abcdef', 'kva'),
            $this,
            $factory,
            $factory,
            new Repeats($attempts, sleep: $sleep, random: static fn () => 0.0),
            static fn () => self::NOW,
        );
    }

    public function sendRequest(RequestInterface $request): ResponseInterface
    {
        $this->received[] = $request;
        $next = array_shift($this->script) ?? throw new \LogicException('a call too many');
        return $next instanceof \Throwable ? throw $next : $next;
    }

    /** @return list<string> */
    public function paths(): array
    {
        $prefix = '/api/openapi/v1';
        return array_map(static fn ($r) => substr($r->getUri()->getPath(), strlen($prefix)), $this->received);
    }

    /**
     * The verified payload of a request, without sign and timestamp; null if there was none.
     *
     * @return ?array<string, string>
     */
    public function payload(int $number): ?array
    {
        $body = (string) $this->received[$number]->getBody();
        if ($body === '') {
            return null;
        }
        $payload = Payload::fromEnvelope($body);
        if (!$payload->verify('kva') || !$payload->withinWindow(self::NOW, 1)) {
            throw new \LogicException('signed wrongly');
        }
        $texts = [];
        foreach ($payload->members() as $name => $value) {
            if (!in_array($name, ['sign', 'timestamp'], true)) {
                $texts[$name] = $value->kind === 'string' ? $value->text : throw new \LogicException("$name is no string");
            }
        }
        return $texts;
    }
}
