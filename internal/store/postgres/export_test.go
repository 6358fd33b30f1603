package postgres

// FactsSQL reads the facts of a set, planned under Settings and InOrderOfIndex.
var FactsSQL = factsSQL

// What a set sets for its transaction: at its begin, and before the facts.
const (
	Settings       = settings
	InOrderOfIndex = inOrderOfIndex
)
