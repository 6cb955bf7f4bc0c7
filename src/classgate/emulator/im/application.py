"""The state of the IM application: its plan, accounts and groups."""

from classgate.emulator.call_budget import CallBudget
from classgate.emulator.clock import Clock
from classgate.emulator.im.accounts import Accounts
from classgate.emulator.im.groups import Groups
from classgate.emulator.im.plans import PLANS, Plan


class UnknownPlan(Exception):
    """There is no plan of this name."""


class ImApplication:
    """The application that the REST API changes and that the checks read."""

    def __init__(self, admin: str, plan: str, clock: Clock, budget: CallBudget) -> None:
        self.admin = admin
        self.accounts = Accounts(admin, clock)
        self.groups = Groups(clock, budget)
        self._first_plan = self._plan = PLANS[plan]

    def plan(self) -> Plan:
        return self._plan

    def set_plan(self, name: str) -> None:
        """Change the plan. What exceeds it already stays. Raises `UnknownPlan`."""
        if name not in PLANS:
            raise UnknownPlan
        self._plan = PLANS[name]

    def clear(self) -> None:
        self._plan = self._first_plan
        self.accounts.clear()
        self.groups.clear()
