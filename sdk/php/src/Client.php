<?php

declare(strict_types=1);

namespace Vendlane;

use Psr\Http\Client\ClientInterface;
use Psr\Http\Message\RequestFactoryInterface;
use Psr\Http\Message\StreamFactoryInterface;
use Vendlane\Exception\ApiException;
use Vendlane\Exception\NoAnswerException;
use Vendlane\Model\Banner;
use Vendlane\Model\Category;
use Vendlane\Model\Delivery;
use Vendlane\Model\Floor;
use Vendlane\Model\Machine;
use Vendlane\Model\MachineSummary;
use Vendlane\Model\Order;
use Vendlane\Model\PickupCode;
use Vendlane\Model\Product;
use Vendlane\Model\ProductPage;
use Vendlane\Model\Redemption;

/**
 * A merchant's view of the platform: one method per endpoint of openapi.md §7. Every method throws
 * ApiException if the platform refuses, NoAnswerException if it cannot be reached, and repeats the call
 * after a lost answer where that is safe.
 *
 * A cabinet is named by $cabinetName (a letter) or by $addr (1 to 8), not by both. Dates and times are
 * YYYY-MM-DD HH:MM:SS in the machine's zone.
 */
final class Client
{
    private readonly Transport $transport;

    /**
     * @param string $baseUrl where the platform is, without the path of the API: https://platform.example
     * @param ClientInterface $http sets the time-out of one attempt
     * @param ?\Closure(): int $now the clock in Unix seconds
     */
    public function __construct(
        string $baseUrl,
        Credentials $credentials,
        ClientInterface $http,
        RequestFactoryInterface $requests,
        StreamFactoryInterface $streams,
        Repeats $repeats = new Repeats(),
        ?\Closure $now = null,
    ) {
        $this->transport = new Transport($baseUrl, $credentials, $http, $requests, $streams, $repeats, $now ?? time(...));
    }

    /** Tests the credentials (§7.1). */
    public function ping(): void
    {
        $this->transport->send(new Call('POST', '/ping', true));
    }

    /**
     * Your machines (§7.2).
     *
     * @return list<MachineSummary>
     */
    public function machines(): array
    {
        return Fields::listOf($this->transport->send(new Call('POST', '/rent/machines', true)), MachineSummary::from(...));
    }

    /** One machine (§7.3). */
    public function machine(string $machineNo): Machine
    {
        $path = '/rent/machines/' . self::segment($machineNo);
        return Machine::from(Fields::of($this->transport->send(new Call('POST', $path, true))));
    }

    /** A page of the products on sale (§7.4). Without any product it is empty, with total 0. */
    public function products(
        string $machineNo,
        int $page = 1,
        int $perPage = 10,
        ?int $categoryId = null,
        ?string $cabinetName = null,
        ?int $addr = null,
        bool $selectAll = false,
    ): ProductPage {
        $data = $this->read('/products', [
            'machine_no' => $machineNo, 'page' => $page, 'per_page' => $perPage, 'category_id' => $categoryId,
            'cabinet_name' => $cabinetName, 'addr' => $addr, 'select_all' => $selectAll,
        ]);
        return $data === [] ? new ProductPage([], 0, $page, 1, $perPage) : ProductPage::from(Fields::of($data));
    }

    /**
     * The channels in the form of old clients (§7.5); new ones read products and machine.
     *
     * @return list<Floor>
     */
    public function floors(string $machineNo): array
    {
        return Fields::listOf($this->read('/floors', ['machine_no' => $machineNo]), Floor::from(...));
    }

    /**
     * Visible categories (§7.6).
     *
     * @return list<Category>
     */
    public function categories(string $machineNo): array
    {
        return Fields::listOf($this->read('/categories', ['machine_no' => $machineNo]), Category::from(...));
    }

    /**
     * Pictures of the carousel (§7.7).
     *
     * @return list<Banner>
     */
    public function banners(string $machineNo): array
    {
        return Fields::listOf($this->read('/banners', ['machine_no' => $machineNo]), Banner::from(...));
    }

    /**
     * Makes codes of one product (§7.8); codes lists them. Never repeated: after a NoAnswerException
     * look at the list first, since a second call makes more codes.
     *
     * @param int $count 1 to the product's capacity
     * @param int $codeLength digits, 6 to 10
     * @param ?string $expiredAt null = valid for ever
     */
    public function issueCodes(
        string $machineNo,
        int $productId,
        int $count = 1,
        int $codeLength = 6,
        ?string $expiredAt = null,
    ): void {
        $this->change(false, 'POST', '/pickup_codes', [
            'method' => 'pickup_code.product.id', 'machine_no' => $machineNo, 'product_id' => $productId,
            'count' => $count, 'code_length' => $codeLength, 'expired_at' => $expiredAt,
        ]);
    }

    /** Makes one code of every product on sale (§7.9). Never repeated, as issueCodes. */
    public function issueCodesForAll(string $machineNo, int $codeLength = 6, ?string $expiredAt = null): void
    {
        $this->change(false, 'POST', '/pickup_codes', [
            'method' => 'pickup_code.product.all', 'machine_no' => $machineNo,
            'code_length' => $codeLength, 'expired_at' => $expiredAt,
        ]);
    }

    /** Cancels a code by the id of its row (§7.10). */
    public function cancelCode(string $machineNo, int $id): void
    {
        $this->change(true, 'PUT', '/pickup_codes', [
            'method' => 'pickup_code.delete.id', 'machine_no' => $machineNo, 'id' => $id,
        ]);
    }

    /**
     * Cancels all unused codes of a machine (§7.11). Never repeated: a second call would cancel codes made
     * in between.
     */
    public function cancelAllCodes(string $machineNo): void
    {
        $this->change(false, 'PUT', '/pickup_codes', ['method' => 'pickup_code.delete.all', 'machine_no' => $machineNo]);
    }

    /**
     * The usable codes of a product (§7.12).
     *
     * @return list<PickupCode>
     */
    public function codes(string $machineNo, int $productId): array
    {
        return Fields::listOf($this->read("/products/$productId/pickup_code", ['machine_no' => $machineNo]), PickupCode::from(...));
    }

    /**
     * Redeems a pickup code (§7.13) by the recipe of consume.md §6: the call is repeated with the same
     * $tradeId after a lost answer, and a code that was used by this very $tradeId is a success. Also a later
     * call with the same arguments returns the same order, so a restarted program may simply call again.
     *
     * @param string $code what the customer typed: 6 to 10 digits
     * @param string $notifyUrl where the result of the delivery is posted
     * @param string $tradeId your own number of the order, new for each one: 20 to 32 of 0-9 A-Z a-z _ -, or a
     *                        UUID. Keep it before you call
     */
    public function consume(string $machineNo, string $code, int $productId, string $notifyUrl, string $tradeId): Redemption
    {
        try {
            $order = Order::from(Fields::of($this->change(true, 'POST', '/consumes', [
                'method' => 'event.consume.pickup_code', 'machine_no' => $machineNo, 'code' => $code,
                'product_id' => $productId, 'notify_url' => $notifyUrl, 'trade_id' => $tradeId,
            ])));
            return new Redemption($order, false);
        } catch (ApiException $e) {
            $order = $e->getCode() === ErrorCode::PICKUP_CODE_USED ? $this->orderOf($machineNo, $tradeId, $e->orderId()) : null;
            return new Redemption($order ?? throw $e, true);
        }
    }

    /**
     * Makes an unpaid order, reserves the stock for 20 minutes and returns the order's id (§7.14). If the
     * platform says after a lost answer that the trade id exists, and its order has these lines, that order
     * is the result.
     *
     * @param string $tradeId as in consume
     * @param list<array{product_id: int, quantity: int}> $products 1 to 50 lines of 1 to 99 pieces
     */
    public function createOrder(string $machineNo, string $notifyUrl, string $tradeId, array $products): int
    {
        try {
            return Fields::of($this->transport->send(new Call('POST', '/orders', true, body: [
                'machine_no' => $machineNo, 'notify_url' => $notifyUrl, 'trade_id' => $tradeId, 'products' => $products,
            ])))->id('order_id');
        } catch (ApiException $e) {
            if ($e->getCode() !== ErrorCode::TRADE_ID_EXISTS || !$e->afterLostAnswer) {
                throw $e;
            }
            $made = $this->orderOf($machineNo, $tradeId, $e->orderId());
            return $made !== null && self::hasLines($made, $products) ? $made->orderId : throw $e;
        }
    }

    /** An order by its id or by your trade id (§7.15). An order that expired unpaid is refused with 40005. */
    public function order(string $machineNo, int|string $id): Order
    {
        return Order::from(Fields::of($this->read('/orders/' . self::segment((string) $id), ['machine_no' => $machineNo])));
    }

    /** Tells the result of a payment, or cancels the order (§7.16). */
    public function updateOrder(string $machineNo, int|string $id, OrderStatus $status): void
    {
        $this->change(true, 'PUT', '/orders/' . self::segment((string) $id), [
            'machine_no' => $machineNo, 'status' => $status->value,
        ]);
    }

    /**
     * Has a machine drop one record of an order (§7.17). It returns before the goods fall; the result comes as
     * a callback. Never repeated: if the machine had tried and failed in between, that would be a new attempt.
     * After a NoAnswerException call it again yourself: the refusal 40008 names the delivery of the first.
     *
     * @param bool $force try again after a time-out, at the risk of a double drop
     */
    public function deliver(string $machineNo, int $orderId, int $recordId, bool $force = false): Delivery
    {
        return Delivery::from(Fields::of($this->change(false, 'POST', '/deliveries', [
            'method' => 'device.delivery.put', 'machine_no' => $machineNo,
            'order_id' => $orderId, 'record_id' => $recordId, 'force' => $force,
        ])));
    }

    /** How a delivery stands (§7.18). */
    public function delivery(string $machineNo, string $deliveryId): Delivery
    {
        $data = $this->read('/deliveries/' . self::segment($deliveryId), ['machine_no' => $machineNo]);
        return Delivery::from(Fields::of(is_array($data) ? ['delivery_id' => $deliveryId] + $data : $data));
    }

    /**
     * Tests one channel (§7.19). Never repeated: a second call drops a second piece.
     *
     * @param string $channelName such as A20
     */
    public function testDelivery(string $machineNo, string $channelName, string $notifyUrl): Delivery
    {
        return Delivery::from(Fields::of($this->change(false, 'POST', '/deliveries/debug', [
            'method' => 'device.delivery.put', 'machine_no' => $machineNo,
            'channel_name' => $channelName, 'notify_url' => $notifyUrl,
        ])));
    }

    /**
     * Sets the stock of one product to a level (§7.20). Never repeated, like the two methods below: between two
     * attempts something may be sold, and the level would be wrong.
     */
    public function replenish(string $machineNo, int $productId, int $currentInventory): void
    {
        $this->change(false, 'POST', '/replenishments', [
            'method' => 'replenishment.product.id', 'machine_no' => $machineNo,
            'product_id' => $productId, 'current_inventory' => $currentInventory,
        ]);
    }

    /**
     * Sets the stock of a category in one cabinet (§7.21). A refusal with 60004 is a partial success: its data
     * counts the channels.
     */
    public function replenishCategory(
        string $machineNo,
        int $categoryId,
        int $currentInventory,
        ?string $cabinetName = null,
        ?int $addr = null,
    ): void {
        $this->change(false, 'POST', '/replenishments', [
            'method' => 'replenishment.category.id', 'machine_no' => $machineNo, 'category_id' => $categoryId,
            'current_inventory' => $currentInventory, 'cabinet_name' => $cabinetName, 'addr' => $addr,
        ]);
    }

    /** Fills every channel of one cabinet (§7.22). */
    public function replenishAll(string $machineNo, ?string $cabinetName = null, ?int $addr = null): void
    {
        $this->change(false, 'POST', '/replenishments', [
            'method' => 'replenishment.machine.all', 'machine_no' => $machineNo,
            'cabinet_name' => $cabinetName, 'addr' => $addr,
        ]);
    }

    /** A number as a part of a path. Anything else might be the path of another endpoint. */
    private static function segment(string $number): string
    {
        return preg_match('/\A[0-9A-Za-z_-]+\z/', $number) === 1
            ? $number
            : throw new \InvalidArgumentException('a number is empty or has characters that numbers do not have');
    }

    /** @param array<string, string|int|bool|null> $payload */
    private function read(string $path, array $payload): mixed
    {
        return $this->transport->send(new Call('POST', $path, true, $payload));
    }

    /**
     * @param 'POST'|'PUT' $verb
     * @param array<string, string|int|bool|null> $payload
     */
    private function change(bool $repeatable, string $verb, string $path, array $payload): mixed
    {
        return $this->transport->send(new Call($verb, $path, $repeatable, $payload));
    }

    /**
     * The order of a trade id, if it is the one the platform named.
     *
     * @throws ApiException|NoAnswerException
     */
    private function orderOf(string $machineNo, string $tradeId, ?int $orderId): ?Order
    {
        if ($orderId === null) {
            return null;
        }
        try {
            $order = $this->order($machineNo, $tradeId);
        } catch (ApiException $e) {
            return $e->getCode() === ErrorCode::RECORD_UNKNOWN ? null : throw $e;
        }
        return $order->orderId === $orderId ? $order : null;
    }

    /**
     * Tells whether an order was made of these lines: one record per line, in their order.
     *
     * @param list<array{product_id: int, quantity: int}> $lines
     */
    private static function hasLines(Order $order, array $lines): bool
    {
        $made = array_map(static fn ($record) => [$record->productId, $record->quantity], $order->records);
        $asked = array_map(static fn (array $line) => [$line['product_id'], $line['quantity']], $lines);
        return $order->pickupCodeId === 0 && $made === $asked;
    }
}
