package sqlite_test

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/vendlane/vendlane/internal/store/db"
	"github.com/vendlane/vendlane/internal/store/sqlite"
	"github.com/vendlane/vendlane/internal/store/storetest"
)

// explainer runs EXPLAIN QUERY PLAN in place of every query it is given.
type explainer struct {
	db.DBTX
	plan []string
}

func (e *explainer) explain(ctx context.Context, query string, args []any) error {
	rows, err := e.DBTX.QueryContext(ctx, "EXPLAIN QUERY PLAN "+query, args...)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id, parent, unused int
		var detail string
		if err := rows.Scan(&id, &parent, &unused, &detail); err != nil {
			return err
		}
		e.plan = append(e.plan, detail)
	}
	return rows.Err()
}

func (e *explainer) ExecContext(ctx context.Context, query string, args ...any) (sql.Result, error) {
	return nil, fmt.Errorf("explained: %w", e.explain(ctx, query, args))
}

func (e *explainer) QueryContext(ctx context.Context, query string, args ...any) (*sql.Rows, error) {
	return nil, fmt.Errorf("explained: %w", e.explain(ctx, query, args))
}

// QueryRowContext has to return a row, so it asks for one that is not there.
func (e *explainer) QueryRowContext(ctx context.Context, query string, args ...any) *sql.Row {
	if err := e.explain(ctx, query, args); err != nil {
		e.plan = append(e.plan, "SCAN because of "+err.Error())
	}
	return e.DBTX.QueryRowContext(ctx, "SELECT 1 WHERE FALSE")
}

// What every request or sweep asks must never read a whole table, however
// large that gets. A scan along a partial index of what is due is none.
func TestQueryPlans(t *testing.T) {
	engine := open(t, filepath.Join(t.TempDir(), "vendlane.db"), sqlite.Options{})
	t.Cleanup(func() { engine.Close() })
	wholeTable := regexp.MustCompile(`^SCAN \w+($| USING INDEX sqlite_autoindex| because)|AUTOMATIC`)
	const now = 1714353655000
	for name, test := range map[string]struct {
		ask  func(ctx context.Context, q *db.Queries)
		sort bool // may sort what it has found
	}{
		"ProductsOnSale": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.ProductsOnSale(ctx, db.ProductsOnSaleParams{MachineID: 1, Addr: 1, PageSize: 10})
		}, true},
		"CountProductsOnSale":        {func(ctx context.Context, q *db.Queries) { _, _ = q.CountProductsOnSale(ctx, 1, 1, 0) }, false},
		"FloorsOfMachine":            {func(ctx context.Context, q *db.Queries) { _, _ = q.FloorsOfMachine(ctx, 1) }, true},
		"VisibleCategoriesOfMachine": {func(ctx context.Context, q *db.Queries) { _, _ = q.VisibleCategoriesOfMachine(ctx, 1) }, true},
		"CategoriesOfMachine":        {func(ctx context.Context, q *db.Queries) { _, _ = q.CategoriesOfMachine(ctx, 1) }, true},
		"BannersOfMachine":           {func(ctx context.Context, q *db.Queries) { _, _ = q.BannersOfMachine(ctx, 1, now) }, true},
		"ChannelStock":               {func(ctx context.Context, q *db.Queries) { _, _ = q.ChannelStock(ctx, 1, 1, 0) }, true},
		"Offer":                      {func(ctx context.Context, q *db.Queries) { _, _ = q.Offer(ctx, 131, 1) }, false},
		"ProductOfChannelName":       {func(ctx context.Context, q *db.Queries) { _, _ = q.ProductOfChannelName(ctx, 1, "A1") }, false},
		"MachineByNo":                {func(ctx context.Context, q *db.Queries) { _, _ = q.MachineByNo(ctx, storetest.MachineNo) }, false},
		"SenderByNo":                 {func(ctx context.Context, q *db.Queries) { _, _ = q.SenderByNo(ctx, storetest.MachineNo) }, false},
		"PasswordsOfMachine":         {func(ctx context.Context, q *db.Queries) { _, _ = q.PasswordsOfMachine(ctx, storetest.MachineNo) }, false},
		"MachineToWake":              {func(ctx context.Context, q *db.Queries) { _, _ = q.MachineToWake(ctx, storetest.MachineNo, now) }, false},
		"MachineConnected":           {func(ctx context.Context, q *db.Queries) { _, _ = q.MachineConnected(ctx, 1, 0, 0) }, false},
		"RefusedConnections":         {func(ctx context.Context, q *db.Queries) { _, _ = q.RefusedConnections(ctx, now, "") }, false},
		"RefusedConnections of one":  {func(ctx context.Context, q *db.Queries) { _, _ = q.RefusedConnections(ctx, now, "a") }, false},
		"MachineIDByNo":              {func(ctx context.Context, q *db.Queries) { _, _ = q.MachineIDByNo(ctx, storetest.MachineNo) }, false},
		"EpochsOfNode":               {func(ctx context.Context, q *db.Queries) { _, _ = q.EpochsOfNode(ctx, "a") }, false},
		"OrderByTradeKey":            {func(ctx context.Context, q *db.Queries) { _, _ = q.OrderByTradeKey(ctx, 1, "x") }, false},
		"RecordsOfOrder":             {func(ctx context.Context, q *db.Queries) { _, _ = q.RecordsOfOrder(ctx, 1) }, false},
		"DeliveriesOfRecord":         {func(ctx context.Context, q *db.Queries) { _, _ = q.DeliveriesOfRecord(ctx, 1) }, false},
		"OrdersToExpire":             {func(ctx context.Context, q *db.Queries) { _, _ = q.OrdersToExpire(ctx, now, 500) }, false},
		"OverdueDeliveries":          {func(ctx context.Context, q *db.Queries) { _, _ = q.OverdueDeliveries(ctx, now, 500) }, false},
		"SilentMachines":             {func(ctx context.Context, q *db.Queries) { _, _ = q.SilentMachines(ctx, now, 500) }, false},
		"ExpireCodes":                {func(ctx context.Context, q *db.Queries) { _, _ = q.ExpireCodes(ctx, now, 500) }, false},
		"ClaimCodeBatch":             {func(ctx context.Context, q *db.Queries) { _, _ = q.ClaimCodeBatch(ctx, now, now) }, true},
		"NextCodeBatchLine":          {func(ctx context.Context, q *db.Queries) { _, _ = q.NextCodeBatchLine(ctx, 1) }, false},
		"LiveCodesOfBatch": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.LiveCodesOfBatch(ctx, db.LiveCodesOfBatchParams{BatchID: 1, PageSize: 10})
		}, false},
		"ClaimAlertMessages": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.ClaimAlertMessages(ctx, db.ClaimAlertMessagesParams{LeaseUntil: now, Now: now, Batch: 10})
		}, false},
		"QueueAlertMessages": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.QueueAlertMessages(ctx, db.QueueAlertMessagesParams{MachineID: 1})
		}, false},
		"FilledProducts":     {func(ctx context.Context, q *db.Queries) { _, _ = q.FilledProducts(ctx, 10) }, true},
		"RecoveredCallbacks": {func(ctx context.Context, q *db.Queries) { _, _ = q.RecoveredCallbacks(ctx, now, 3) }, true},
		"CodeInScope":        {func(ctx context.Context, q *db.Queries) { _, _ = q.CodeInScope(ctx, 1, 1, "") }, false},
		"CodeElsewhere":      {func(ctx context.Context, q *db.Queries) { _, _ = q.CodeElsewhere(ctx, 1, "100001", now) }, false},
		"CodeBatchLines":     {func(ctx context.Context, q *db.Queries) { _, _ = q.CodeBatchLines(ctx, 1) }, false},
		"CodeBatchPage": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.CodeBatchPage(ctx, db.CodeBatchPageParams{MerchantID: 1, BeforeID: 1, PageSize: 50})
		}, false},
		"CodeFunnel": {func(ctx context.Context, q *db.Queries) { _, _ = q.CodeFunnel(ctx, db.CodeFunnelParams{MerchantID: 1}) }, true},
		"AlertMessagePage": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.AlertMessagePage(ctx, db.AlertMessagePageParams{MerchantID: 1, BeforeID: 1, PageSize: 50})
		}, false},
		"DeleteOldAlertMessages": {func(ctx context.Context, q *db.Queries) { _, _ = q.DeleteOldAlertMessages(ctx, now, 500) }, false},
		"VisitByKey":             {func(ctx context.Context, q *db.Queries) { _, _ = q.VisitByKey(ctx, 1, "x") }, false},
		"RecoverCallbacks": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.RecoverCallbacks(ctx, db.RecoverCallbacksParams{MerchantID: 1, Batch: 10})
		}, true},
		"CountAlertTests":         {func(ctx context.Context, q *db.Queries) { _, _ = q.CountAlertTests(ctx, 1, now) }, false},
		"UserSession":             {func(ctx context.Context, q *db.Queries) { _, _ = q.UserSession(ctx, "x") }, false},
		"SessionsOfUser":          {func(ctx context.Context, q *db.Queries) { _, _ = q.SessionsOfUser(ctx, 1, now) }, false},
		"MembershipsOfUser":       {func(ctx context.Context, q *db.Queries) { _, _ = q.MembershipsOfUser(ctx, 1) }, false},
		"MembersOfMerchant":       {func(ctx context.Context, q *db.Queries) { _, _ = q.MembersOfMerchant(ctx, 1) }, false},
		"LoginsOfUser":            {func(ctx context.Context, q *db.Queries) { _, _ = q.LoginsOfUser(ctx, 1, 20) }, false},
		"AuditOfMerchant":         {func(ctx context.Context, q *db.Queries) { _, _ = q.AuditOfMerchant(ctx, 1, now, 50) }, false},
		"OpenInvitationsForEmail": {func(ctx context.Context, q *db.Queries) { _, _ = q.OpenInvitationsForEmail(ctx, "x", now) }, false},
		"ChangesAfter":            {func(ctx context.Context, q *db.Queries) { _, _ = q.ChangesAfter(ctx, 1, 1000) }, false},
		"ChangesBounds":           {func(ctx context.Context, q *db.Queries) { _, _ = q.ChangesBounds(ctx) }, false},
		"MachineOverview": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.MachineOverview(ctx, db.MachineOverviewParams{MerchantID: 1, State: "attention", Pattern: "%x%", PageSize: 50})
		}, true},
		"OrderPage": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.OrderPage(ctx, db.OrderPageParams{MerchantID: 1, BeforeAt: now, BeforeID: 1, PageSize: 50})
		}, true},
		"OutcomesByHour": {func(ctx context.Context, q *db.Queries) { _, _ = q.OutcomesByHour(ctx, 1, now, "") }, true},
		"SalesSince":     {func(ctx context.Context, q *db.Queries) { _, _ = q.SalesSince(ctx, 1, now, "") }, true},
		"NotDispensed": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.NotDispensed(ctx, db.NotDispensedParams{MerchantID: 1, Since: now, PageSize: 50})
		}, true},
		"DeadCallbacks": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.DeadCallbacks(ctx, db.DeadCallbacksParams{MerchantID: 1, Since: now, PageSize: 50})
		}, false},
		"RequestPage": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.RequestPage(ctx, db.RequestPageParams{MerchantID: 1, BeforeID: 1, PageSize: 50})
		}, false},
		"MachineJobDue":   {func(ctx context.Context, q *db.Queries) { _, _ = q.MachineJobDue(ctx, now) }, false},
		"ClaimMachineJob": {func(ctx context.Context, q *db.Queries) { _, _ = q.ClaimMachineJob(ctx, now, now) }, true},
		"StopMachinesOfJob": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.StopMachinesOfJob(ctx, db.StopMachinesOfJobParams{JobID: 1, MerchantID: 1})
		}, false},
		"DeleteOldMachineJobRows": {func(ctx context.Context, q *db.Queries) { _, _ = q.DeleteOldMachineJobRows(ctx, now, 500) }, false},
		"DeleteOldMachineJobs":    {func(ctx context.Context, q *db.Queries) { _, _ = q.DeleteOldMachineJobs(ctx, now, 500) }, false},
		"PickList": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.PickList(ctx, db.PickListParams{MerchantID: 1, PageSize: 50})
		}, true},
		"SavedViews":          {func(ctx context.Context, q *db.Queries) { _, _ = q.SavedViews(ctx, 1, "machines", 1) }, true},
		"CommentsOfOrder":     {func(ctx context.Context, q *db.Queries) { _, _ = q.CommentsOfOrder(ctx, 1) }, false},
		"Queues":              {func(ctx context.Context, q *db.Queries) { _, _ = q.Queues(ctx, now) }, false},
		"MachinesConnected":   {func(ctx context.Context, q *db.Queries) { _, _ = q.MachinesConnected(ctx) }, false},
		"DeliveriesByChannel": {func(ctx context.Context, q *db.Queries) { _, _ = q.DeliveriesByChannel(ctx, 1, now, 1) }, true},
		"Planogram":           {func(ctx context.Context, q *db.Queries) { _, _ = q.Planogram(ctx, now, 1) }, true},
		"ClaimCommands": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.ClaimCommands(ctx, db.ClaimCommandsParams{LeaseUntil: now + 1, Now: now, Batch: 500})
		}, false},
		"ClaimCallbacks": {func(ctx context.Context, q *db.Queries) {
			_, _ = q.ClaimCallbacks(ctx, db.ClaimCallbacksParams{Now: now, LeaseUntil: now + 1, Batch: 500})
		}, false},
	} {
		t.Run(name, func(t *testing.T) {
			e := &explainer{DBTX: engine.Reader()}
			test.ask(t.Context(), db.New(e))
			if len(e.plan) == 0 {
				t.Fatal("there is no plan")
			}
			for _, step := range e.plan {
				if wholeTable.MatchString(step) {
					t.Errorf("reads a whole table:\n%s", strings.Join(e.plan, "\n"))
				}
				if strings.Contains(step, "TEMP B-TREE") && !test.sort {
					t.Errorf("sorts what an index could have in order:\n%s", strings.Join(e.plan, "\n"))
				}
			}
		})
	}
}

// Senders are looked up one by one, by the numbers that are asked for.
func TestSendersPlan(t *testing.T) {
	engine := open(t, filepath.Join(t.TempDir(), "vendlane.db"), sqlite.Options{})
	t.Cleanup(func() { engine.Close() })
	e := &explainer{DBTX: engine.Reader()}
	if err := e.explain(t.Context(), sqlite.SendersSQL, []any{`["1"]`}); err != nil {
		t.Fatal(err)
	}
	plan := strings.Join(e.plan, "\n")
	if !strings.Contains(plan, "SEARCH machines USING INDEX") || !strings.Contains(plan, "SEARCH merchants USING INTEGER PRIMARY KEY") {
		t.Errorf("plan:\n%s", plan)
	}
}

// The watch over callbacks finds what was given up among what was given up, not
// among all that has ended, and asks first what is in few rows.
func TestFailingCallbacksPlan(t *testing.T) {
	engine := open(t, filepath.Join(t.TempDir(), "vendlane.db"), sqlite.Options{})
	t.Cleanup(func() { engine.Close() })
	e := &explainer{DBTX: engine.Reader()}
	_, _ = db.New(e).FailingCallbacks(t.Context(), 1714353655000, 3)
	plan := strings.Join(e.plan, "\n")
	told, newer := strings.Index(plan, "SEARCH a USING INDEX alerts_by_machine"), strings.Index(plan, "SEARCH d ")
	if !strings.Contains(plan, "SCAN f USING INDEX callbacks_dead") || told < 0 || told > newer {
		t.Errorf("plan:\n%s", plan)
	}
}

// A page of visits or jobs is found by its index before anything is summed up, the
// machines of a job are counted in one pass, and how many machines have a layout by
// the machines that have it.
func TestPagePlans(t *testing.T) {
	engine := open(t, filepath.Join(t.TempDir(), "vendlane.db"), sqlite.Options{})
	t.Cleanup(func() { engine.Close() })
	visits, models := &explainer{DBTX: engine.Reader()}, &explainer{DBTX: engine.Reader()}
	_, _ = db.New(visits).VisitPage(t.Context(), db.VisitPageParams{MerchantID: 1, BeforeID: 1, PageSize: 50})
	plan := strings.Join(visits.plan, "\n")
	page, _, found := strings.Cut(plan, "SCAN page")
	if !found || !strings.Contains(page, "visits_by_merchant") || strings.Contains(page, "visit_lines") || strings.Contains(page, "TEMP B-TREE") {
		t.Errorf("visits:\n%s", plan)
	}
	jobs := &explainer{DBTX: engine.Reader()}
	_, _ = db.New(jobs).MachineJobPage(t.Context(), db.MachineJobPageParams{MerchantID: 1, BeforeID: 1, PageSize: 50})
	plan = strings.Join(jobs.plan, "\n")
	page, counts, found := strings.Cut(plan, "SCAN page")
	if !found || !strings.Contains(page, "machine_jobs_by_merchant") || strings.Contains(page, "TEMP B-TREE") ||
		strings.Count(counts, "machine_job_rows") != 1 || strings.Contains(counts, "SCAN") {
		t.Errorf("jobs:\n%s", plan)
	}
	_, _ = db.New(models).ModelPage(t.Context(), db.ModelPageParams{MerchantID: 1, PageSize: 50})
	if plan := strings.Join(models.plan, "\n"); !strings.Contains(plan, "SEARCH m USING INDEX machines_by_model") {
		t.Errorf("models:\n%s", plan)
	}
}
