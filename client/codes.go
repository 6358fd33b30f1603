package client

// The codes of the platform (errors.md §2).
const (
	ErrBadRequest          Code = 400
	ErrNotFound            Code = 404
	ErrTooManyRequests     Code = 429
	ErrInternal            Code = 500
	ErrForm                Code = 10001
	ErrNoCredentials       Code = 10008
	ErrMerchantExpired     Code = 10009
	ErrMerchantUnverified  Code = 10010
	ErrAppSecret           Code = 10013
	ErrAppID               Code = 10014
	ErrSignature           Code = 10015
	ErrTimestamp           Code = 10016
	ErrMethod              Code = 10017
	ErrPickupCodesDisabled Code = 10023
	ErrPickupCodeUnknown   Code = 10024
	ErrPickupCodeUsed      Code = 10025
	ErrPickupCodeExpired   Code = 10026
	ErrPickupCodeCancelled Code = 10027
	ErrPickupCodeProduct   Code = 10028
	ErrTooManyWrongCodes   Code = 10029
	ErrInvalidCodeLength   Code = 10031
	ErrInvalidExpiredAt    Code = 10032
	ErrInvalidCount        Code = 10033
	ErrNoMachine           Code = 30001
	ErrMachineOffline      Code = 30002
	ErrMachineUnknown      Code = 30003
	ErrMachineNotOperating Code = 30004
	ErrMachineDispensing   Code = 30005
	ErrMachineInTransfer   Code = 30006
	ErrInvalidTradeID      Code = 40001
	ErrTradeIDExists       Code = 40002
	ErrOrderExpired        Code = 40005
	ErrInvalidOrderStatus  Code = 40006
	ErrOrderUnpaid         Code = 40007
	ErrAlreadyDelivered    Code = 40008
	ErrOrderClosed         Code = 40009
	ErrProductUnknown      Code = 60001
	ErrProductOffSale      Code = 60002
	ErrInsufficientStock   Code = 60003
	ErrExceedsCapacity     Code = 60004
	ErrChannelUnknown      Code = 60005
	ErrChannelFault        Code = 60006
	ErrRecordUnknown       Code = 80002
)

// english is the text of errors.md, "" of a code that is not known here.
func (c Code) english() string {
	switch c {
	case ErrBadRequest:
		return "Bad Request"
	case ErrNotFound:
		return "Not Found"
	case ErrTooManyRequests:
		return "Too Many Requests"
	case ErrInternal:
		return "Internal Server Error"
	case ErrForm:
		return "Form validation failed"
	case ErrNoCredentials:
		return "appid or appsecret is empty"
	case ErrMerchantExpired:
		return "Merchant expired, renew first"
	case ErrMerchantUnverified:
		return "Merchant not verified yet"
	case ErrAppSecret:
		return "app secret is invalid"
	case ErrAppID:
		return "appid is invalid"
	case ErrSignature:
		return "Invalid signature"
	case ErrTimestamp:
		return "Timestamp out of window"
	case ErrMethod:
		return "Method not supported"
	case ErrPickupCodesDisabled:
		return "Pickup codes are not enabled"
	case ErrPickupCodeUnknown:
		return "Pickup code does not exist"
	case ErrPickupCodeUsed:
		return "Pickup code already used"
	case ErrPickupCodeExpired:
		return "Pickup code expired"
	case ErrPickupCodeCancelled:
		return "Pickup code cancelled"
	case ErrPickupCodeProduct:
		return "Pickup code is for another product"
	case ErrTooManyWrongCodes:
		return "Too many wrong codes, locked"
	case ErrInvalidCodeLength:
		return "Invalid code_length"
	case ErrInvalidExpiredAt:
		return "Invalid expired_at"
	case ErrInvalidCount:
		return "Invalid count"
	case ErrNoMachine:
		return "No machine is bound"
	case ErrMachineOffline:
		return "Machine is offline"
	case ErrMachineUnknown:
		return "Machine does not exist"
	case ErrMachineNotOperating:
		return "Machine is not in operation"
	case ErrMachineDispensing:
		return "Machine is dispensing"
	case ErrMachineInTransfer:
		return "Machine is being transferred"
	case ErrInvalidTradeID:
		return "Invalid trade_id"
	case ErrTradeIDExists:
		return "trade_id already exists"
	case ErrOrderExpired:
		return "Order expired"
	case ErrInvalidOrderStatus:
		return "Invalid order status"
	case ErrOrderUnpaid:
		return "Order is not paid"
	case ErrAlreadyDelivered:
		return "Already delivered"
	case ErrOrderClosed:
		return "Order closed"
	case ErrProductUnknown:
		return "Product does not exist"
	case ErrProductOffSale:
		return "Product is off sale"
	case ErrInsufficientStock:
		return "Insufficient stock"
	case ErrExceedsCapacity:
		return "Exceeds the channel's capacity"
	case ErrChannelUnknown:
		return "Channel does not exist"
	case ErrChannelFault:
		return "Channel fault"
	case ErrRecordUnknown:
		return "Record not found"
	}
	return ""
}
