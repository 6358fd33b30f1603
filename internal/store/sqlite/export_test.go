package sqlite

// SendersSQL reads the senders of many numbers.
const SendersSQL = sendersSQL
