package vending

import (
	"errors"
	"fmt"
)

// Code is a stable error code of the Open API (errors.md §2). Code texts and
// HTTP statuses are the business of the HTTP edge, not of the domain.
type Code int

// The codes the platform sends (errors.md §2).
const (
	CodeBadRequest          Code = 400
	CodeNotFound            Code = 404
	CodeTooManyRequests     Code = 429
	CodeInternal            Code = 500
	CodeForm                Code = 10001
	CodeCredentialsEmpty    Code = 10008
	CodeMerchantExpired     Code = 10009
	CodeMerchantUnverified  Code = 10010
	CodeAppSecretInvalid    Code = 10013
	CodeAppIDInvalid        Code = 10014
	CodeSignature           Code = 10015
	CodeTimestamp           Code = 10016
	CodeMethod              Code = 10017
	CodePickupCodesDisabled Code = 10023
	CodePickupCodeUnknown   Code = 10024
	CodePickupCodeUsed      Code = 10025
	CodePickupCodeExpired   Code = 10026
	CodePickupCodeCancelled Code = 10027
	CodePickupCodeProduct   Code = 10028
	CodePickupCodeLocked    Code = 10029
	CodeCodeLength          Code = 10031
	CodeExpiredAt           Code = 10032
	CodeCount               Code = 10033
	CodeNoMachine           Code = 30001
	CodeMachineOffline      Code = 30002
	CodeMachineUnknown      Code = 30003
	CodeMachineMaintenance  Code = 30004
	CodeMachineDispensing   Code = 30005
	CodeMachineTransfer     Code = 30006
	CodeTradeIDInvalid      Code = 40001
	CodeTradeIDExists       Code = 40002
	CodeOrderExpired        Code = 40005
	CodeOrderStatus         Code = 40006
	CodeOrderUnpaid         Code = 40007
	CodeAlreadyDelivered    Code = 40008
	CodeOrderClosed         Code = 40009
	CodeProductUnknown      Code = 60001
	CodeProductOffSale      Code = 60002
	CodeStock               Code = 60003
	CodeCapacity            Code = 60004
	CodeChannelUnknown      Code = 60005
	CodeChannelFault        Code = 60006
	CodeRecordUnknown       Code = 80002
)

// Data is the data object of a refusal. Values are what JSON needs: int64,
// string, bool or []string.
type Data map[string]any

// Error is the one typed error of the domain: a stable code, the data object
// the contract promises with it, and a cause that is logged but never sent.
type Error struct {
	Code  Code
	Data  Data
	Cause error
}

// Error returns the code and the cause, for logs.
func (e *Error) Error() string {
	if e.Cause != nil {
		return fmt.Sprintf("vending error %d: %v", e.Code, e.Cause)
	}
	return fmt.Sprintf("vending error %d", e.Code)
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.Cause }

// Refuse makes an error with a code and no data.
func Refuse(code Code) *Error { return &Error{Code: code} }

// RefuseWith makes an error with a code and its data object.
func RefuseWith(code Code, data Data) *Error { return &Error{Code: code, Data: data} }

// RefuseField makes the form error 10001 for one payload field; reason is one
// of the words of errors.md §2.2.
func RefuseField(field, reason string) *Error {
	return RefuseWith(CodeForm, Data{"field": field, "reason": reason})
}

// RefuseProduct makes a refusal about a product, with the product_id in its data.
func RefuseProduct(code Code, productID int64) *Error {
	return RefuseWith(code, Data{"product_id": productID})
}

// CodeOf returns the code of err: 0 for nil, the code of the Error it wraps,
// else 500.
func CodeOf(err error) Code {
	if err == nil {
		return 0
	}
	var e *Error
	if errors.As(err, &e) {
		return e.Code
	}
	return CodeInternal
}
