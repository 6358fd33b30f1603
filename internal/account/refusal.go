package account

// Refusal is an error with a stable code that the console's pages translate.
type Refusal string

// Error returns the code, for logs.
func (r Refusal) Error() string { return "account: " + string(r) }

// The refusals of this package.
const (
	// SetUpDone means that there is a user already.
	SetUpDone Refusal = "set_up_done"
	// SetUpCodeWrong means that the set-up code is not the one in the log.
	SetUpCodeWrong Refusal = "set_up_code_wrong"
	// CredentialsWrong means that e-mail and password do not belong together.
	CredentialsWrong Refusal = "credentials_wrong"
	// TooManyAttempts means too many failures of the address or the account.
	TooManyAttempts Refusal = "too_many_attempts"
	// AccountDisabled is told only to who knows the password.
	AccountDisabled Refusal = "account_disabled"
	// AccountUnknown means that whoever signed in elsewhere has neither an account
	// here nor an invitation.
	AccountUnknown Refusal = "account_unknown"
	// SignedOut means that there is no session, or that it is over.
	SignedOut Refusal = "signed_out"
	// Forbidden means that the role may not do this.
	Forbidden Refusal = "forbidden"
	// NotFound means that there is no such thing in the caller's reach.
	NotFound Refusal = "not_found"
	// NoMerchant means that the user belongs to no merchant yet.
	NoMerchant Refusal = "no_merchant"
	// EmailInvalid means that the text is no e-mail address.
	EmailInvalid Refusal = "email_invalid"
	// EmailTaken means that another account has the address.
	EmailTaken Refusal = "email_taken"
	// NameInvalid means a name that is empty or longer than 100 characters.
	NameInvalid Refusal = "name_invalid"
	// PasswordInvalid means a password shorter than 10 or longer than 128 characters.
	PasswordInvalid Refusal = "password_invalid"
	// LanguageUnknown means a language the pages do not have.
	LanguageUnknown Refusal = "language_unknown"
	// RoleInvalid means that there is no such role, or that it cannot be bound to
	// a group of machines.
	RoleInvalid Refusal = "role_invalid"
	// LastOwner means that a merchant would be left without an owner.
	LastOwner Refusal = "last_owner"
	// InvitationInvalid means that an invitation does not exist, is used, over, or
	// for somebody else.
	InvitationInvalid Refusal = "invitation_invalid"
	// StatusInvalid means a merchant's status that does not exist or cannot
	// follow the present one.
	StatusInvalid Refusal = "status_invalid"
	// ViewInvalid means a saved view of a page that has none, or filters that are no
	// query or longer than 1,000 bytes.
	ViewInvalid Refusal = "view_invalid"
	// TooManyViews means that the user has 50 saved views of the page.
	TooManyViews Refusal = "too_many_views"
)
