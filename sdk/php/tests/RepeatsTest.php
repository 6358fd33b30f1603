<?php

declare(strict_types=1);

namespace Vendlane\Tests;

use GuzzleHttp\Psr7\Response;
use PHPUnit\Framework\TestCase;
use Vendlane\Client;
use Vendlane\Exception\ApiException;
use Vendlane\Exception\NoAnswerException;
use Vendlane\Model\Redemption;

final class RepeatsTest extends TestCase
{
    private const NO = '16327129';
    private const URL = 'https://merchant.example/notify';
    private const TRADE = '800a7e9500d345c8987d3aafa412c77d';
    private const ORDER = ['order_id' => 60, 'trade_id' => self::TRADE, 'records' => [['id' => 78, 'product_id' => 131, 'quantity' => 1]]];

    private static function consume(FakePlatform $platform, int $attempts = 4): Redemption
    {
        return $platform->client($attempts)->consume(self::NO, '5288640', 131, self::URL, self::TRADE);
    }

    private static function createOrder(FakePlatform $platform): int
    {
        return $platform->client()->createOrder(self::NO, self::URL, self::TRADE, [['product_id' => 131, 'quantity' => 1]]);
    }

    private static function used(): Response
    {
        return FakePlatform::refusal(10025, ['order_id' => 60]);
    }

    private static function exists(): Response
    {
        return FakePlatform::refusal(40002, ['order_id' => 60]);
    }

    public static function lost(): iterable
    {
        yield 'a broken connection' => [FakePlatform::broken(...)];
        yield 'code 500' => [static fn () => FakePlatform::refusal(500, ['request_id' => 'r'], 500)];
        yield 'a proxy\'s page' => [static fn () => new Response(502, [], '<html>')];
        yield 'half an answer' => [static fn () => new Response(200, [], '{"code":0,"mess')];
    }

    /** @dataProvider lost */
    public function testConsumeRepeatsAfterALostAnswer(callable $nothing): void
    {
        $platform = new FakePlatform([$nothing(), $nothing(), FakePlatform::ok(self::ORDER)]);
        $redemption = self::consume($platform);
        self::assertSame([60, false], [$redemption->order->orderId, $redemption->replayed]);
        self::assertEquals($platform->payload(0), $platform->payload(1));
        self::assertSame([500, 1000], $platform->waits);
    }

    public function testWhatSomethingInBetweenRefusedIsNotRepeated(): void
    {
        $platform = new FakePlatform([new Response(403, [], '<html>')]);
        try {
            self::consume($platform);
            self::fail('no exception');
        } catch (NoAnswerException $e) {
            self::assertSame([403, 1], [$e->httpStatus, count($platform->received)]);
        }
    }

    public function testAllAttemptsAreMadeWithWaitsThatAreBounded(): void
    {
        $platform = new FakePlatform(array_fill(0, 8, FakePlatform::broken()));
        try {
            self::consume($platform, 8);
            self::fail('no exception');
        } catch (NoAnswerException) {
            self::assertSame([500, 1000, 2000, 4000, 8000, 10_000, 10_000], $platform->waits);
        }
    }

    public function testConsumeTakesACodeUsedByItsOwnTradeIdForASuccess(): void
    {
        $platform = new FakePlatform([FakePlatform::broken(), self::used(), FakePlatform::broken(), FakePlatform::ok(self::ORDER)]);
        $redemption = self::consume($platform);
        self::assertSame([60, true], [$redemption->order->orderId, $redemption->replayed]);
        $query = '/orders/' . self::TRADE;
        self::assertSame(['/consumes', '/consumes', $query, $query], $platform->paths());
    }

    public static function foreign(): iterable
    {
        yield 'another trade_id used the code' => [[self::used(), FakePlatform::refusal(80002)]];
        yield 'its trade_id is another order' => [[self::used(), FakePlatform::ok(['order_id' => 61] + self::ORDER)]];
        yield 'it was used at the machine' => [[FakePlatform::refusal(10025)]];
    }

    /** @dataProvider foreign */
    public function testConsumeIsRefusedIfTheOrderIsNotItsOwn(array $script): void
    {
        $platform = new FakePlatform($script);
        $error = self::refusalOf(static fn () => self::consume($platform));
        self::assertSame([10025, false, 'r1'], [$error->getCode(), $error->afterLostAnswer, $error->requestId]);
        self::assertSame([], $platform->script);
    }

    public function testConsumeDoesNotTakeALostCheckForARefusal(): void
    {
        $this->expectException(NoAnswerException::class);
        self::consume(new FakePlatform([self::used(), ...array_map(FakePlatform::broken(...), range(1, 4))]));
    }

    public function testARefusalIsNotRepeated(): void
    {
        $platform = new FakePlatform([FakePlatform::refusal(10024)]);
        self::assertSame(10024, self::refusalOf(static fn () => self::consume($platform))->getCode());
    }

    public function testTheLastAttemptIsTheLast(): void
    {
        $platform = new FakePlatform([FakePlatform::broken(), FakePlatform::broken()]);
        try {
            self::consume($platform, attempts: 2);
            self::fail('no exception');
        } catch (NoAnswerException $e) {
            self::assertSame('connection reset', $e->getPrevious()?->getMessage());
        }
    }

    public function testCreateOrderTakesTheOrderOfItsOwnLostAttempt(): void
    {
        self::assertSame(60, self::createOrder(new FakePlatform([FakePlatform::broken(), self::exists(), FakePlatform::ok(self::ORDER)])));
        $busy = FakePlatform::refusal(429, ['retry_after' => 1], 429); // which the lost attempt is not forgotten over
        self::assertSame(60, self::createOrder(new FakePlatform([FakePlatform::broken(), $busy, self::exists(), FakePlatform::ok(self::ORDER)])));
    }

    public static function otherOrders(): iterable
    {
        $lines = [['id' => 1, 'product_id' => 131, 'quantity' => 2]];
        yield 'on the first attempt' => [[self::exists()]];
        yield 'for other lines' => [[FakePlatform::broken(), self::exists(), FakePlatform::ok(['records' => $lines] + self::ORDER)]];
        yield 'for fewer lines' => [[FakePlatform::broken(), self::exists(), FakePlatform::ok(['records' => []] + self::ORDER)]];
        yield 'for a pickup code' => [[FakePlatform::broken(), self::exists(), FakePlatform::ok(['pickup_code_id' => 1] + self::ORDER)]];
    }

    /** @dataProvider otherOrders */
    public function testCreateOrderIsRefusedIfTheOrderIsAnother(array $script): void
    {
        $platform = new FakePlatform($script);
        self::assertSame(40002, self::refusalOf(static fn () => self::createOrder($platform))->getCode());
        self::assertSame([], $platform->script);
    }

    public static function notTwice(): iterable
    {
        yield 'issueCodes' => [static fn (Client $c) => $c->issueCodes(self::NO, 131)];
        yield 'issueCodesForAll' => [static fn (Client $c) => $c->issueCodesForAll(self::NO)];
        yield 'cancelAllCodes' => [static fn (Client $c) => $c->cancelAllCodes(self::NO)];
        yield 'deliver' => [static fn (Client $c) => $c->deliver(self::NO, 60, 78)];
        yield 'testDelivery' => [static fn (Client $c) => $c->testDelivery(self::NO, 'A1', self::URL)];
        yield 'replenish' => [static fn (Client $c) => $c->replenish(self::NO, 131, 1)];
        yield 'replenishCategory' => [static fn (Client $c) => $c->replenishCategory(self::NO, 1, 1)];
        yield 'replenishAll' => [static fn (Client $c) => $c->replenishAll(self::NO)];
    }

    /** @dataProvider notTwice */
    public function testWhatMustNotBeDoneTwice(callable $call): void
    {
        foreach (['broken' => FakePlatform::broken(), '500' => FakePlatform::refusal(500, [], 500)] as $name => $nothing) {
            $platform = new FakePlatform([$nothing]);
            try {
                $call($platform->client());
                self::fail("no exception: $name");
            } catch (NoAnswerException | ApiException) {
                self::assertCount(1, $platform->received);
            }
        }
    }

    public function testRateLimitsAreWaitedForByEveryCall(): void
    {
        $platform = new FakePlatform([FakePlatform::refusal(429, ['retry_after' => 2], 429), FakePlatform::ok([])]);
        $platform->client()->replenishAll(self::NO);
        self::assertSame([2000], $platform->waits);
    }

    public function testRateLimitsAreAnErrorIfTheWaitIsTooLong(): void
    {
        $platform = new FakePlatform([FakePlatform::refusal(429, ['retry_after' => 300], 429)]);
        self::assertSame(300, self::refusalOf(static fn () => $platform->client()->ping())->retryAfter());
        self::assertSame([], $platform->waits);
    }

    private static function refusalOf(callable $call): ApiException
    {
        try {
            $call();
        } catch (ApiException $e) {
            return $e;
        }
        self::fail('no refusal');
    }
}
