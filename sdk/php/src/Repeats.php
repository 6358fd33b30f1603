<?php

declare(strict_types=1);

namespace Vendlane;

/** How calls that may be repeated are repeated after a lost answer. */
final class Repeats
{
    /** @var \Closure(int): void */
    private readonly \Closure $sleep;
    /** @var \Closure(): float */
    private readonly \Closure $random;

    /**
     * @param int $attempts 1 switches repeats off
     * @param int $maxWaitMs the longest wait before an attempt
     * @param ?\Closure(int): void $sleep waits some milliseconds
     * @param ?\Closure(): float $random from 0 to 1, spreads the waits of many clients
     */
    public function __construct(
        public readonly int $attempts = 4,
        public readonly int $maxWaitMs = 10_000,
        ?\Closure $sleep = null,
        ?\Closure $random = null,
    ) {
        $this->sleep = $sleep ?? static function (int $ms): void {
            usleep($ms * 1000);
        };
        $this->random = $random ?? static fn (): float => mt_rand() / mt_getrandmax();
    }

    /**
     * Waits after an attempt: as long as the platform asks, else 0.5 s, 1 s, 2 s … up to maxWaitMs, with
     * jitter. False if there must be no other attempt.
     *
     * @internal
     */
    public function await(int $attempt, ?int $askedSeconds): bool
    {
        $wait = $askedSeconds !== null
            ? $askedSeconds * 1000
            : (int) min(500 * 2 ** ($attempt - 1) * (1 + ($this->random)() / 2), $this->maxWaitMs);
        if ($attempt >= $this->attempts || $wait > $this->maxWaitMs) {
            return false;
        }
        ($this->sleep)($wait);
        return true;
    }
}
