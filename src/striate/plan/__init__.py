"""The execution plan: a graph rewritten into steps that give the same results sooner."""

from __future__ import annotations

from striate.plan.build import make_plan as make_plan
from striate.plan.draft import Request as Request
from striate.plan.execute import Executor as Executor
from striate.plan.plan import Note as Note
from striate.plan.plan import Plan as Plan
from striate.plan.plan import Step as Step
