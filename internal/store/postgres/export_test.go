package postgres

// FactsSQL reads the facts of a set, planned under Settings.
var FactsSQL = factsSQL

// Settings is what a set sets for its transaction.
const Settings = settings
