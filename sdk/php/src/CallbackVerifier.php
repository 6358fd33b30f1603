<?php

declare(strict_types=1);

namespace Vendlane;

use Psr\Http\Message\MessageInterface;
use Vendlane\Exception\CallbackRejectedException;
use Vendlane\Exception\MalformedException;
use Vendlane\Signature\Base64;
use Vendlane\Signature\Payload;

/**
 * Verifies what is posted to a notify_url.
 *
 * With webhook secrets the Standard Webhooks headers must be right; with AppKeys the member "sign" must be; with
 * both, both. At least one is needed, and a webhook secret is the better one: its signature covers every byte and
 * the time of the attempt. One of a kind is enough, but while a secret is changed there may be two.
 */
final class CallbackVerifier
{
    /** @var list<string> */
    private readonly array $webhookKeys;
    /** @var list<string> */
    private readonly array $appKeys;
    /** @var \Closure(): int */
    private readonly \Closure $now;

    /**
     * @param list<string> $webhookSecrets whsec_…
     * @param list<string> $appKeys
     * @param int $tolerance accepted age of an attempt in seconds, and how far clocks may differ (consume.md §9.4)
     * @param int $eventTolerance without webhook secrets only the time of the event is signed, and a dead letter may
     *                            be sent again a month later (consume.md §9.5): accepted age of an event in seconds
     * @param ?\Closure(): int $now the clock in Unix seconds
     */
    public function __construct(
        #[\SensitiveParameter] array $webhookSecrets = [],
        #[\SensitiveParameter] array $appKeys = [],
        private readonly int $tolerance = 300,
        private readonly int $eventTolerance = 32 * 86_400,
        ?\Closure $now = null,
    ) {
        if (in_array('', $appKeys, true)) {
            throw new \InvalidArgumentException('an AppKey is empty');
        }
        if ($webhookSecrets === [] && $appKeys === []) {
            throw new \InvalidArgumentException('a webhook secret or an AppKey is needed');
        }
        $this->webhookKeys = array_map(self::keyOf(...), array_values($webhookSecrets));
        $this->appKeys = array_values($appKeys);
        $this->now = $now ?? time(...);
    }

    /**
     * Verifies a PSR-7 request.
     *
     * @throws CallbackRejectedException if it was not signed by the platform or is too old
     * @throws MalformedException if it cannot be understood
     */
    public function verify(MessageInterface $request): Callback
    {
        $headers = [];
        foreach (['webhook-id', 'webhook-timestamp', 'webhook-signature'] as $name) {
            $headers[$name] = $request->getHeaderLine($name);
        }
        return $this->verifyRaw($headers, (string) $request->getBody());
    }

    /**
     * Verifies headers, such as those of getallheaders(), and the bytes of a body, such as those of php://input.
     *
     * @param array<string, string> $headers names in any case
     * @throws CallbackRejectedException if it was not signed by the platform or is too old
     * @throws MalformedException if it cannot be understood
     */
    public function verifyRaw(array $headers, string $body): Callback
    {
        $id = $this->webhookKeys === [] ? null : $this->verifyWebhook($headers, $body);
        $payload = Payload::parse($body);
        if ($this->appKeys !== [] && !$payload->verify(...$this->appKeys)) {
            throw new CallbackRejectedException('sign is wrong');
        }
        $callback = Callback::from($id, $payload);
        if ($this->webhookKeys === [] && !$this->within($callback->timestamp, $this->eventTolerance)) {
            throw new CallbackRejectedException('timestamp is too far off');
        }
        return $callback;
    }

    /**
     * Returns the webhook-id of a request with a right signature (consume.md §9.4).
     *
     * @param array<string, string> $headers
     */
    private function verifyWebhook(array $headers, string $body): string
    {
        $headers = array_change_key_case($headers);
        $id = $headers['webhook-id'] ?? '';
        $timestamp = $headers['webhook-timestamp'] ?? '';
        $signatures = $headers['webhook-signature'] ?? '';
        if ($id === '' || $timestamp === '' || $signatures === '') {
            throw new CallbackRejectedException('a webhook header is missing');
        }
        $match = false;
        foreach ($this->webhookKeys as $key) {
            $want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
            foreach (explode(' ', $signatures) as $given) {
                $match = hash_equals($want, $given) || $match;
            }
        }
        if (!$match) {
            throw new CallbackRejectedException('no webhook-signature is right');
        }
        if (preg_match('/\A[0-9]{1,12}\z/', $timestamp) !== 1 || !$this->within((int) $timestamp, $this->tolerance)) {
            throw new CallbackRejectedException('webhook-timestamp is too far off');
        }
        return $id;
    }

    /** Tells whether a time is at most $age seconds old, and not in the future by more than clocks may differ. */
    private function within(int $timestamp, int $age): bool
    {
        $passed = ($this->now)() - $timestamp;
        return $passed <= $age && $passed >= -$this->tolerance;
    }

    private static function keyOf(#[\SensitiveParameter] string $secret): string
    {
        $key = str_starts_with($secret, 'whsec_') ? Base64::decode(substr($secret, strlen('whsec_'))) : '';
        return $key !== '' ? $key : throw new \InvalidArgumentException('a webhook secret is whsec_ and base64');
    }
}
