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
 * With a webhook secret the Standard Webhooks headers must be right; with an AppKey the member "sign" must
 * be; with both, both. At least one is needed, and the webhook secret is the better one: its signature covers
 * every byte and the time of the attempt.
 */
final class CallbackVerifier
{
    private readonly ?string $webhookKey;
    /** @var \Closure(): int */
    private readonly \Closure $now;

    /**
     * @param ?string $webhookSecret whsec_…
     * @param int $tolerance accepted age of an attempt in seconds, both directions (consume.md §9.4)
     * @param int $eventTolerance without a webhook secret only the time of the event is signed, and the last
     *                            attempt comes some 33 hours after it (consume.md §9.5): accepted age of an
     *                            event in seconds
     * @param ?\Closure(): int $now the clock in Unix seconds
     */
    public function __construct(
        #[\SensitiveParameter] ?string $webhookSecret = null,
        #[\SensitiveParameter] private readonly ?string $appKey = null,
        private readonly int $tolerance = 300,
        private readonly int $eventTolerance = 172_800,
        ?\Closure $now = null,
    ) {
        if ($webhookSecret === null && ($appKey === null || $appKey === '')) {
            throw new \InvalidArgumentException('a webhook secret or an AppKey is needed');
        }
        $this->webhookKey = $webhookSecret === null ? null : self::keyOf($webhookSecret);
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
        $id = $this->webhookKey === null ? null : $this->verifyWebhook($headers, $body, $this->webhookKey);
        $payload = Payload::parse($body);
        if ($this->appKey !== null && !$payload->verify($this->appKey)) {
            throw new CallbackRejectedException('sign is wrong');
        }
        if ($this->webhookKey === null && !$payload->withinWindow(($this->now)(), $this->eventTolerance)) {
            throw new CallbackRejectedException('timestamp is missing or too far off');
        }
        return Callback::from($id, $payload);
    }

    /**
     * Returns the webhook-id of a request with a right signature (consume.md §9.4).
     *
     * @param array<string, string> $headers
     */
    private function verifyWebhook(array $headers, string $body, #[\SensitiveParameter] string $key): string
    {
        $headers = array_change_key_case($headers);
        $id = $headers['webhook-id'] ?? '';
        $timestamp = $headers['webhook-timestamp'] ?? '';
        $signatures = $headers['webhook-signature'] ?? '';
        if ($id === '' || $timestamp === '' || $signatures === '') {
            throw new CallbackRejectedException('a webhook header is missing');
        }
        $want = 'v1,' . base64_encode(hash_hmac('sha256', "$id.$timestamp.$body", $key, true));
        $match = false;
        foreach (explode(' ', $signatures) as $given) {
            $match = hash_equals($want, $given) || $match;
        }
        if (!$match) {
            throw new CallbackRejectedException('no webhook-signature is right');
        }
        if (preg_match('/\A[0-9]{1,12}\z/', $timestamp) !== 1 || abs(($this->now)() - (int) $timestamp) > $this->tolerance) {
            throw new CallbackRejectedException('webhook-timestamp is too far off');
        }
        return $id;
    }

    private static function keyOf(#[\SensitiveParameter] string $secret): string
    {
        $key = str_starts_with($secret, 'whsec_') ? Base64::decode(substr($secret, strlen('whsec_'))) : '';
        return $key !== '' ? $key : throw new \InvalidArgumentException('a webhook secret is whsec_ and base64');
    }
}
