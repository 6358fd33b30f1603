import { Route, Switch } from "wouter";
import { FieldMachines } from "./FieldMachines";
import { FieldVisit } from "./FieldVisit";

/** What a restocker does in front of machines, on a phone. */
export function Field() {
  return (
    <Switch>
      <Route path="/field/:no" component={FieldVisit} />
      <Route component={FieldMachines} />
    </Switch>
  );
}
