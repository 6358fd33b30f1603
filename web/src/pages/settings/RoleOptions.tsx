import type { Role } from "../../api/types";
import { useLanguage } from "../../i18n/language";

const roles: Role[] = ["owner", "admin", "operator", "restocker", "developer", "viewer"];

export function RoleOptions() {
  const { t } = useLanguage();
  return roles.map((role) => (
    <option key={role} value={role}>
      {t(`role.${role}`)}
    </option>
  ));
}
