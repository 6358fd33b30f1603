<?php

declare(strict_types=1);

namespace Vendlane;

use Psr\Http\Client\ClientExceptionInterface;
use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestFactoryInterface;
use Psr\Http\Message\RequestInterface;
use Psr\Http\Message\StreamFactoryInterface;
use Vendlane\Exception\ApiException;
use Vendlane\Exception\NoAnswerException;
use Vendlane\Signature\Seal;

/**
 * Sends calls: headers, signature, the envelope of answers, and repeats that are safe.
 *
 * @internal
 */
final class Transport
{
    private readonly string $prefix;

    /** @param \Closure(): int $now Unix seconds */
    public function __construct(
        string $baseUrl,
        private readonly Credentials $credentials,
        private readonly ClientInterface $http,
        private readonly RequestFactoryInterface $requests,
        private readonly StreamFactoryInterface $streams,
        private readonly Repeats $repeats,
        private readonly \Closure $now,
    ) {
        if (preg_match('#\Ahttps?://[^/?\#]+(/[^?\#]*)?\z#', $baseUrl) !== 1) {
            throw new \InvalidArgumentException('the base URL is not of the form https://host');
        }
        $this->prefix = rtrim($baseUrl, '/') . '/api/openapi/v1';
    }

    /**
     * Returns the data of a success.
     *
     * @throws ApiException|NoAnswerException
     */
    public function send(Call $call): mixed
    {
        $lostAnswer = false;
        for ($attempt = 1;; $attempt++) {
            try {
                return $this->attempt($call, $lostAnswer);
            } catch (NoAnswerException $e) {
                // A page that refuses, written by something in between, would come again.
                $lost = $e->httpStatus === null || $e->httpStatus < 300 || $e->httpStatus >= 500;
                [$again, $asked] = [$lost && $call->repeatable, null];
            } catch (ApiException $e) {
                $lost = $e->httpStatus >= 500;
                $busy = $e->getCode() === ErrorCode::TOO_MANY_REQUESTS;
                [$again, $asked] = [$busy || ($lost && $call->repeatable), $busy ? $e->retryAfter() : null];
            }
            if (!$again || !$this->repeats->await($attempt, $asked)) {
                throw $e;
            }
            $lostAnswer = $lostAnswer || $lost;
        }
    }

    private function attempt(Call $call, bool $lostAnswer): mixed
    {
        $request = $this->request($call);
        try {
            $response = $this->http->sendRequest($request);
            $text = (string) $response->getBody();
        } catch (ClientExceptionInterface | \RuntimeException $e) {
            throw new NoAnswerException('no answer', null, $e);
        }
        $status = $response->getStatusCode();
        $answer = json_decode($text, true);
        if (
            !is_array($answer) || !is_int($answer['code'] ?? null) || !is_string($answer['message'] ?? null)
            || !array_key_exists('data', $answer)
        ) {
            throw new NoAnswerException("HTTP $status without an answer of the platform", $status);
        }
        if ($answer['code'] === 0) {
            return $answer['data'];
        }
        $data = is_array($answer['data']) ? $answer['data'] : [];
        $requestId = $response->getHeaderLine('X-Request-Id') ?: null;
        throw new ApiException($answer['code'], $answer['message'], $status, $data, $requestId, $lostAnswer);
    }

    private function request(Call $call): RequestInterface
    {
        return $this->requests->createRequest($call->verb, $this->prefix . $call->path)
            ->withHeader('Appid', $this->credentials->appId)
            ->withHeader('AppSecret', $this->credentials->appSecret)
            ->withHeader('Content-Type', 'application/json')
            ->withBody($this->streams->createStream($this->body($call)));
    }

    private function body(Call $call): string
    {
        if ($call->body !== null) {
            return json_encode($call->body, JSON_THROW_ON_ERROR | JSON_UNESCAPED_SLASHES | JSON_UNESCAPED_UNICODE);
        }
        if ($call->payload === null) {
            return '';
        }
        $members = ['timestamp' => (string) ($this->now)()];
        foreach ($call->payload as $name => $value) {
            if ($value !== null) {
                $members[$name] = is_bool($value) ? ($value ? '1' : '0') : (string) $value;
            }
        }
        return Seal::envelope($members, $this->credentials->appKey);
    }
}
