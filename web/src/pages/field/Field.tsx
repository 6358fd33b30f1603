import { Route, Switch } from "wouter";
import { FieldMachines } from "./FieldMachines";
import { FieldVisit } from "./FieldVisit";
import { PastVisits } from "./PastVisits";
import { PickList } from "./PickList";

/** What a restocker does in front of machines, on a phone. */
export function Field() {
  return (
    <Switch>
      <Route path="/field/pick-list" component={PickList} />
      <Route path="/field/visits" component={PastVisits} />
      <Route path="/field/:no" component={FieldVisit} />
      <Route component={FieldMachines} />
    </Switch>
  );
}
