package openapi

import (
	"net/http"

	"github.com/vendlane/vendlane/internal/vending"
)

// WireError is a row of the error catalogue (errors.md §2): what a code looks
// like on the wire.
type WireError struct {
	Code    vending.Code `json:"code"`
	Status  int          `json:"status"`
	Message string       `json:"message"`
	English string       `json:"english"`
}

// Catalogue lists every code the API sends, ascending; api/errors.json is
// generated from it.
func Catalogue() []WireError {
	ok, denied := http.StatusOK, http.StatusUnauthorized
	return []WireError{
		{vending.CodeBadRequest, http.StatusBadRequest, "Bad Request", "Bad Request"},
		{vending.CodeNotFound, http.StatusNotFound, "Not Found", "Not Found"},
		{vending.CodeTooManyRequests, http.StatusTooManyRequests, "请求过于频繁，请稍后再试", "Too Many Requests"},
		{vending.CodeInternal, http.StatusInternalServerError, "服务器内部错误", "Internal Server Error"},
		{vending.CodeForm, ok, "表单校验失败，请重新输入", "Form validation failed"},
		{vending.CodeCredentialsEmpty, denied, "appid or appsecret is empty", "appid or appsecret is empty"},
		{vending.CodeMerchantExpired, ok, "当前商户已过期，请先续费", "Merchant expired, renew first"},
		{vending.CodeMerchantUnverified, ok, "当前商户尚未验证，请先验证", "Merchant not verified yet"},
		{vending.CodeAppSecretInvalid, denied, "app secret is invalid", "app secret is invalid"},
		{vending.CodeAppIDInvalid, denied, "appid is invalid", "appid is invalid"},
		{vending.CodeSignature, denied, "签名错误", "Invalid signature"},
		{vending.CodeTimestamp, denied, "时间戳超出允许范围", "Timestamp out of window"},
		{vending.CodeMethod, ok, "不支持的 method", "Method not supported"},
		{vending.CodePickupCodesDisabled, ok, "取货码功能尚未开启", "Pickup codes are not enabled"},
		{vending.CodePickupCodeUnknown, ok, "取货码不存在", "Pickup code does not exist"},
		{vending.CodePickupCodeUsed, ok, "取货码已使用", "Pickup code already used"},
		{vending.CodePickupCodeExpired, ok, "取货码已过期", "Pickup code expired"},
		{vending.CodePickupCodeCancelled, ok, "取货码已取消", "Pickup code cancelled"},
		{vending.CodePickupCodeProduct, ok, "取货码与商品不匹配", "Pickup code is for another product"},
		{vending.CodePickupCodeLocked, ok, "取货码错误次数过多，请稍后再试", "Too many wrong codes, locked"},
		{vending.CodeCodeLength, ok, "取货码长度无效", "Invalid code_length"},
		{vending.CodeExpiredAt, ok, "过期时间无效", "Invalid expired_at"},
		{vending.CodeCount, ok, "取货码生成数量无效", "Invalid count"},
		{vending.CodeNoMachine, ok, "没有关联的设备号", "No machine is bound"},
		{vending.CodeMachineOffline, ok, "设备已离线", "Machine is offline"},
		{vending.CodeMachineUnknown, ok, "设备不存在", "Machine does not exist"},
		{vending.CodeMachineMaintenance, ok, "设备不在运营中", "Machine is not in operation"},
		{vending.CodeMachineDispensing, ok, "设备正在出货中", "Machine is dispensing"},
		{vending.CodeMachineTransfer, ok, "设备转移中", "Machine is being transferred"},
		{vending.CodeTradeIDInvalid, ok, "商户订单号无效", "Invalid trade_id"},
		{vending.CodeTradeIDExists, ok, "商户订单号已存在", "trade_id already exists"},
		{vending.CodeOrderExpired, ok, "订单已过期", "Order expired"},
		{vending.CodeOrderStatus, ok, "订单状态无效", "Invalid order status"},
		{vending.CodeOrderUnpaid, ok, "订单未支付", "Order is not paid"},
		{vending.CodeAlreadyDelivered, ok, "订单已出货", "Already delivered"},
		{vending.CodeOrderClosed, ok, "订单已关闭", "Order closed"},
		{vending.CodeProductUnknown, ok, "商品不存在", "Product does not exist"},
		{vending.CodeProductOffSale, ok, "商品已下架", "Product is off sale"},
		{vending.CodeStock, ok, "商品库存不足", "Insufficient stock"},
		{vending.CodeCapacity, ok, "超出货道最大库存", "Exceeds the channel's capacity"},
		{vending.CodeChannelUnknown, ok, "货道不存在", "Channel does not exist"},
		{vending.CodeChannelFault, ok, "货道故障", "Channel fault"},
		{vending.CodeRecordUnknown, ok, "查不到对应记录", "Record not found"},
	}
}
