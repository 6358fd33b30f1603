<?php

declare(strict_types=1);

namespace Vendlane\Tests;

use GuzzleHttp\Psr7\HttpFactory;
use PHPUnit\Framework\TestCase;
use Vendlane\Client;
use Vendlane\Credentials;
use Vendlane\ErrorCode;
use Vendlane\Exception\NoAnswerException;
use Vendlane\OrderStatus;

final class ClientTest extends TestCase
{
    private const NO = '16327129';
    private const URL = 'https://merchant.example/notify?a=1&b=2';
    private const TRADE = '3f2a58ad69b74e86b8a1a3da6fd75cc1';
    private const ORDER = ['order_id' => 60, 'records' => [['id' => 78]]];

    public function testErrorCodesAreThoseOfThePlatform(): void
    {
        $codes = array_column(Api::json('errors.json'), 'code');
        self::assertEqualsCanonicalizing($codes, array_values((new \ReflectionClass(ErrorCode::class))->getConstants()));
    }

    /** @return iterable<string, array{callable(Client): mixed, mixed, string, string, ?array<string, string>}> */
    public static function endpoints(): iterable
    {
        $no = ['machine_no' => self::NO];
        yield 'ping' => [static fn ($c) => $c->ping(), 'pong', 'POST', '/ping', null];
        yield 'machines' => [static fn ($c) => $c->machines(), [], 'POST', '/rent/machines', null];
        yield 'machine' => [static fn ($c) => $c->machine(self::NO), [], 'POST', '/rent/machines/16327129', null];
        yield 'products' => [static fn ($c) => $c->products(self::NO), [], 'POST', '/products',
            $no + ['page' => '1', 'per_page' => '10', 'select_all' => '0']];
        yield 'products, filtered' => [
            static fn ($c) => $c->products(self::NO, page: 2, perPage: 5, categoryId: 3, addr: 2, selectAll: true), [], 'POST', '/products',
            $no + ['page' => '2', 'per_page' => '5', 'category_id' => '3', 'addr' => '2', 'select_all' => '1'],
        ];
        yield 'floors' => [static fn ($c) => $c->floors(self::NO), [], 'POST', '/floors', $no];
        yield 'categories' => [static fn ($c) => $c->categories(self::NO), [], 'POST', '/categories', $no];
        yield 'banners' => [static fn ($c) => $c->banners(self::NO), [], 'POST', '/banners', $no];
        yield 'issueCodes' => [
            static fn ($c) => $c->issueCodes(self::NO, 131, count: 2, codeLength: 7, expiredAt: '2024-12-31 23:59:59'), [],
            'POST', '/pickup_codes',
            $no + ['method' => 'pickup_code.product.id', 'product_id' => '131', 'count' => '2', 'code_length' => '7',
                'expired_at' => '2024-12-31 23:59:59'],
        ];
        yield 'issueCodesForAll' => [static fn ($c) => $c->issueCodesForAll(self::NO), [], 'POST', '/pickup_codes',
            $no + ['method' => 'pickup_code.product.all', 'code_length' => '6']];
        yield 'cancelCode' => [static fn ($c) => $c->cancelCode(self::NO, 7), [], 'PUT', '/pickup_codes',
            $no + ['method' => 'pickup_code.delete.id', 'id' => '7']];
        yield 'cancelAllCodes' => [static fn ($c) => $c->cancelAllCodes(self::NO), [], 'PUT', '/pickup_codes',
            $no + ['method' => 'pickup_code.delete.all']];
        yield 'codes' => [static fn ($c) => $c->codes(self::NO, 131), [], 'POST', '/products/131/pickup_code', $no];
        yield 'consume' => [static fn ($c) => $c->consume(self::NO, '5288640', 131, self::URL, self::TRADE), self::ORDER, 'POST', '/consumes',
            $no + ['method' => 'event.consume.pickup_code', 'code' => '5288640', 'product_id' => '131',
                'notify_url' => self::URL, 'trade_id' => self::TRADE]];
        yield 'order' => [static fn ($c) => $c->order(self::NO, 60), self::ORDER, 'POST', '/orders/60', $no];
        yield 'updateOrder' => [static fn ($c) => $c->updateOrder(self::NO, self::TRADE, OrderStatus::Refund), '', 'PUT', '/orders/' . self::TRADE,
            $no + ['status' => '2']];
        yield 'deliver' => [static fn ($c) => $c->deliver(self::NO, 60, 78, force: true), [], 'POST', '/deliveries',
            $no + ['method' => 'device.delivery.put', 'order_id' => '60', 'record_id' => '78', 'force' => '1']];
        yield 'delivery' => [static fn ($c) => $c->delivery(self::NO, '5121763043809673'), [], 'POST', '/deliveries/5121763043809673', $no];
        yield 'testDelivery' => [static fn ($c) => $c->testDelivery(self::NO, 'A20', self::URL), [], 'POST', '/deliveries/debug',
            $no + ['method' => 'device.delivery.put', 'channel_name' => 'A20', 'notify_url' => self::URL]];
        yield 'replenish' => [static fn ($c) => $c->replenish(self::NO, 131, 0), [], 'POST', '/replenishments',
            $no + ['method' => 'replenishment.product.id', 'product_id' => '131', 'current_inventory' => '0']];
        yield 'replenishCategory' => [static fn ($c) => $c->replenishCategory(self::NO, 3, 5, addr: 2), [], 'POST', '/replenishments',
            $no + ['method' => 'replenishment.category.id', 'category_id' => '3', 'current_inventory' => '5', 'addr' => '2']];
        yield 'replenishAll' => [static fn ($c) => $c->replenishAll(self::NO, 'A'), [], 'POST', '/replenishments',
            $no + ['method' => 'replenishment.machine.all', 'cabinet_name' => 'A']];
    }

    /** @dataProvider endpoints */
    public function testEndpoint(callable $call, mixed $data, string $verb, string $path, ?array $payload): void
    {
        $platform = new FakePlatform([FakePlatform::ok($data)]);
        $call($platform->client());
        self::assertSame([$path], $platform->paths());
        $request = $platform->received[0];
        self::assertSame($verb, $request->getMethod());
        self::assertSame('vm0123456789abcdef', $request->getHeaderLine('Appid'));
        self::assertSame('0123456789abcdef0123456789abcdef', $request->getHeaderLine('AppSecret'));
        self::assertEquals($payload, $platform->payload(0));
    }

    public function testEveryPathOfOpenapiIsThere(): void
    {
        preg_match_all('#^  (/\S+):$#m', Api::text('openapi.yaml'), $paths);
        self::assertGreaterThan(10, count($paths[1]));
        $called = array_merge(['/orders'], array_column(iterator_to_array(self::endpoints()), 3));
        foreach ($paths[1] as $path) {
            self::assertNotEmpty(preg_grep('#^' . preg_replace('/\{\w+\}/', '[^/]+', $path) . '$#', $called), $path);
        }
    }

    public static function notNumbers(): iterable
    {
        foreach (['', '..', 'a/b', 'a?b'] as $bad) {
            yield "machine $bad" => [static fn (Client $c) => $c->machine($bad)];
            yield "order $bad" => [static fn (Client $c) => $c->order(self::NO, $bad)];
            yield "updateOrder $bad" => [static fn (Client $c) => $c->updateOrder(self::NO, $bad, OrderStatus::Paid)];
            yield "delivery $bad" => [static fn (Client $c) => $c->delivery(self::NO, $bad)];
        }
    }

    /** @dataProvider notNumbers */
    public function testANumberThatIsNoneNeverBecomesAnotherPath(callable $call): void
    {
        $this->expectException(\InvalidArgumentException::class);
        $call((new FakePlatform([]))->client());
    }

    public function testCreateOrderSendsItsLinesBare(): void
    {
        $platform = new FakePlatform([FakePlatform::ok(['order_id' => 54])]);
        $lines = [['product_id' => 121, 'quantity' => 2]];
        self::assertSame(54, $platform->client()->createOrder(self::NO, self::URL, self::TRADE, $lines));
        self::assertSame(
            ['machine_no' => self::NO, 'notify_url' => self::URL, 'trade_id' => self::TRADE, 'products' => $lines],
            json_decode((string) $platform->received[0]->getBody(), true),
        );
    }

    public function testNoProductAtAllIsAnEmptyPage(): void
    {
        $page = (new FakePlatform([FakePlatform::ok([])]))->client()->products(self::NO);
        self::assertSame([[], 0, 1, 1, 10], array_values((array) $page));
    }

    public function testADeliveryHasItsIdInEveryAnswer(): void
    {
        $delivery = (new FakePlatform([FakePlatform::ok(['state' => 'SUCCESS'])]))->client()->delivery(self::NO, '5121763043809673');
        self::assertSame(['5121763043809673', 'SUCCESS'], [$delivery->deliveryId, $delivery->state]);
    }

    public function testAnswersAreRead(): void
    {
        $good = ['name' => '可乐', 'price' => '0.10', 'media' => ['https://platform.example/1.png']];
        $page = ['data' => [['id' => 20, 'category' => ['id' => 2, 'title' => '第二层'], 'good' => $good,
            'channel' => ['name' => 'A21', 'addr' => 1], 'current_inventory' => 1, 'inventory' => 2]], 'total' => 6];
        $machine = ['machine_name' => 'Lobby 1', 'is_online' => true, 'model' => ['cabinet_names' => ['A', 'B']],
            'categories' => [['id' => 1, 'title' => '第一层']], 'currency' => ['id' => 3, 'symbol' => '€']];
        $client = (new FakePlatform([FakePlatform::ok($page), FakePlatform::ok($machine)]))->client();

        $page = $client->products(self::NO);
        self::assertSame(6, $page->total);
        [$product] = $page->products;
        self::assertSame([20, '第二层', '可乐', 'A21', 1, 2], [$product->id, $product->category?->title, $product->good->name,
            $product->channel->name, $product->channel->addr, $product->inventory]);
        self::assertSame(['https://platform.example/1.png'], $product->good->media);

        $machine = $client->machine(self::NO);
        self::assertSame([true, ['A', 'B'], '第一层', '€', null, ''], [$machine->isOnline, $machine->model?->cabinetNames,
            $machine->categories[0]->title, $machine->currency?->symbol, $machine->merchant, $machine->address]);
    }

    public static function wrongAnswers(): iterable
    {
        yield 'no order id' => [['records' => []]];
        yield 'an order id as a text' => [['order_id' => '60']];
        yield 'records that are none' => [['order_id' => 60, 'records' => [1]]];
        yield 'a text' => ['order'];
    }

    /** @dataProvider wrongAnswers */
    public function testAnAnswerThatIsNotTheContractsIsNone(mixed $data): void
    {
        $this->expectException(NoAnswerException::class);
        (new FakePlatform([FakePlatform::ok($data)]))->client()->order(self::NO, 60);
    }

    public static function wrongSettings(): iterable
    {
        yield 'no base URL' => ['', 'vm', 's', 'k'];
        yield 'no scheme' => ['platform.example', 'vm', 's', 'k'];
        yield 'a query' => ['https://platform.example?a=b', 'vm', 's', 'k'];
        yield 'no AppId' => ['https://platform.example', '', 's', 'k'];
        yield 'no AppSecret' => ['https://platform.example', 'vm', '', 'k'];
        yield 'no AppKey' => ['https://platform.example', 'vm', 's', ''];
    }

    /** @dataProvider wrongSettings */
    public function testAClientIsNotMadeWith(string $url, string $id, string $secret, string $key): void
    {
        $factory = new HttpFactory();
        $this->expectException(\InvalidArgumentException::class);
        new Client($url, new Credentials($id, $secret, $key), new FakePlatform([]), $factory, $factory);
    }

    public function testSecretsAreNotDumped(): void
    {
        ob_start();
        var_dump(new Credentials('vm', 'the-secret', 'the-key'));
        self::assertStringNotContainsString('the-', (string) ob_get_clean());
    }
}
