"""The networks that are measured, and how each is trained."""

from __future__ import annotations

from benchmarks.networks.guide import NETWORKS, digits
from benchmarks.networks.workloads import WORKLOADS, Workload, workload

__all__ = ["NETWORKS", "WORKLOADS", "Workload", "digits", "workload"]
