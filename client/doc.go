// Package client is the Go SDK for merchants of Vendlane: the whole HTTP Open API
// and the receiving side of callbacks.
//
//	api, err := client.New(client.Config{
//		BaseURL: "https://platform.example", AppID: …, AppSecret: …, AppKey: …,
//	})
//	tradeID := client.NewTradeID() // store it before you redeem
//	done, err := api.Consume(ctx, client.Consumption{
//		MachineNo: "16327129", Code: "5288640", ProductID: 131, NotifyURL: …, TradeID: tradeID,
//	})
//	delivery, err := api.Deliver(ctx, client.Dispense{
//		MachineNo: "16327129", OrderID: done.OrderID, RecordID: done.Records[0].ID,
//	})
//
// The result of a delivery comes to the notify_url; [Callbacks] verifies it.
//
// # Errors
//
// A refusal of the platform is an [*Error] with a [Code] and what the platform says
// about it; errors.Is(err, client.ErrMachineOffline) tells which. Any other error of
// a call means that there was no answer: what was asked for may have been done.
//
// # What is sent again
//
// A call whose answer is lost (broken connection, time-out, status 5xx) is sent
// again, after a pause that grows, where this cannot do anything twice: every query,
// [Client.CancelCode], [Client.UpdateOrder], and [Client.Consume] and
// [Client.CreateOrder], whose trade_id protects them. All others are sent once: to
// make pickup codes, to dispense, to cancel all codes or to set stock again could do
// more than was asked for. Their documentation says how to find out what happened. A
// call that the rate limit refused has done nothing and is sent again whatever it is.
//
// # Values
//
// Money is a text with two decimals ("1.00"). Dates ("2024-04-29") and date-times
// ("2024-04-29 14:54:48") are texts in the zone of the machine, which the API does
// not tell. A value that is empty or zero may have been left out by the platform.
package client
