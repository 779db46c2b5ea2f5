"""Results as text to read: medians, spread, ratios within rounds, shares of the limits."""

from __future__ import annotations

import statistics
from typing import Any

REFERENCE = "PyTorch as in tutorials"


def heading(where: dict[str, Any]) -> str:
    """The machine in a few lines."""
    device = f", {where['device']}, CUDA {where['cuda']}" if "device" in where else ""
    return (
        f"{where['processor']}, {where['instruction_set']}, {where['threads']} of "
        f"{where['cores']} cores, {where['memory_gib']} GiB{device}\n"
        f"{where['system']}, Python {where['python']}, commit {where['commit']}, "
        f"{where['utc']} UTC, load {where['load_at_start']}\n{where['command']}"
    )


def limits_text(limits: dict[str, list[float]]) -> str:
    """The limits in a line."""
    parts = []
    for kind in dict.fromkeys(name.split()[0] for name in limits):
        unit = "GB/s" if kind == "bandwidth" else "G multiply-adds/s"
        parts.append(f"{kind} {peak_of(limits, kind) / 1e9:,.0f} {unit}")
    return "limits (best of rounds): " + ", ".join(parts)


def peak_of(limits: dict[str, list[float]], kind: str) -> float:
    """The best rate of any form and round of a limit; 0 if it was not measured."""
    return max(
        (v for name, values in limits.items() if name.split()[0] == kind for v in values),
        default=0.0,
    )


def quartiles(values: list[float]) -> tuple[float, float, float]:
    """Lower quartile, median, upper quartile."""
    if len(values) < 2:
        return values[0], values[0], values[0]
    low, middle, high = statistics.quantiles(values, n=4, method="inclusive")
    return low, middle, high


def ratio(case: dict[str, Any], name: str, reference: str) -> float | None:
    """How many times as fast as the reference, the median of ratios within rounds."""
    times = case["seconds_per_image"]
    if name not in times or reference not in times:
        return None
    pairs = zip(times[reference], times[name], strict=False)
    return statistics.median(a / b for a, b in pairs)


def precision_of(name: str, case: dict[str, Any]) -> str:
    """The precision whose limit a row is held against."""
    half = "bfloat16" in name or ("auto" in name and case["what"] != "inference")
    return "bfloat16" if half or name == "striate, auto" else "float32"


def share(case: dict[str, Any], name: str, limits: dict[str, list[float]]) -> float | None:
    """The share of the peak of matrix products that a row reached."""
    peak = peak_of(limits, precision_of(name, case))
    if not peak or case["what"] == "start":
        return None
    rate: float = case["macs"] / quartiles(case["seconds_per_image"][name])[1]
    return rate / peak


def title(case: dict[str, Any]) -> str:
    """The case in a line."""
    details = [f"{case['parameters']:,} parameters", f"batch {case['batch']}"]
    if case["optimizer"]:
        details.append(case["optimizer"])
    if case["images"]:
        details.append(f"{case['images']:,} images")
    details.append(f"{case['macs'] / 1e6:,.1f} M multiply-adds an image")
    return f"{case['what']}: {case['case']}, " + ", ".join(details)


def equality_text(case: dict[str, Any]) -> str:
    """What the check of equality found."""
    found = case["differences"]
    if not found:
        return "equality was not checked"
    most = f"{max(found.values()):.0e}"
    if case["what"] == "inference":
        return f"outputs of {len(found)} float32 rows differ by {most} of their spread at most"
    text = f"losses of 20 steps of {len(found)} float32 rows differ by {most} at most"
    if case["rounding"]:
        text += f"; weights changed by 1e-6 change them by {case['rounding']:.0e}"
    return text


def case_text(case: dict[str, Any], limits: dict[str, list[float]]) -> str:
    """The table of a case."""
    limits = case.get("limits") or limits
    lines = [title(case), f"  {equality_text(case)}"]
    for name, values in case["seconds_per_image"].items():
        lines.append(_row(case, name, values, limits))
    lines += [f"  {name:38} -- {why}" for name, why in case["failed"].items()]
    return "\n".join(lines)


def _row(
    case: dict[str, Any], name: str, values: list[float], limits: dict[str, list[float]]
) -> str:
    low, middle, high = quartiles(values)
    if case["what"] == "start":
        return f"  {name:38} {middle:8.2f} s ({low:.2f} to {high:.2f})"
    small = case["what"] == "inference" and case["batch"] == 1
    if small:
        text = f"{middle * 1e3:9.3f} ms ({low * 1e3:.3f} to {high * 1e3:.3f})"
    else:
        text = f"{1 / middle:9,.0f} img/s ({1 / high:,.0f} to {1 / low:,.0f})"
    times = ratio(case, name, REFERENCE)
    part = share(case, name, limits)
    memory = case["memory"].get(name, {})
    held = memory.get("device_bytes") or memory.get("peak_bytes")
    return (
        f"  {name:38} {text:38}"
        + (f" {times:5.2f} x" if times else " " * 8)
        + (f" {part:4.0%} of peak" if part else "")
        + (f" {held / 2**20:6,.0f} MiB" if held else "")
    )


def accuracy_text(case: dict[str, Any], limits: dict[str, list[float]]) -> str:
    """A run to accuracy: what each target took, and where the run ended."""
    limits = case.get("limits") or limits
    lines = [
        f"{case['case']}: {case['network']}, {case['parameters']:,} parameters, "
        f"{case['epochs']} epochs, batch {case['batch']}"
    ]
    if case["failed"]:
        return "\n".join([*lines, f"  -- {case['failed']}"])
    for target in case["targets"]:
        lines.append(f"  {target:.1%}: {reached_text(case, target)}")
    ends = [seed["epochs"][-1] for seed in case["seeds"]]
    accuracies = [end["accuracy"] for end in ends]
    seconds = statistics.median(end["seconds"] for end in ends)
    images = case["seeds"][0]["images"] * case["epochs"]
    kind = "float32" if case["precision"] == "float32" else "bfloat16"
    peak = peak_of(limits, kind)
    share = f", {case['macs'] * images / seconds / peak:.0%} of the {kind} peak" if peak else ""
    lines.append(
        f"  end: {spread_text(accuracies)} after {seconds:.1f} s, {images:,} images{share}"
    )
    mirrored = [s["mirrored"] for s in case["seeds"] if s["mirrored"] is not None]
    if mirrored:
        lines.append(f"  with mirror images: {spread_text(mirrored)}")
    return "\n".join(lines)


def spread_text(values: list[float]) -> str:
    """Mean, standard deviation and number of accuracies."""
    mean = f"{statistics.mean(values):.2%}"
    if len(values) == 1:
        return f"{mean} (one seed)"
    return f"{mean} +- {100 * statistics.stdev(values):.2f} ({len(values)} seeds)"


def reached(case: dict[str, Any], target: float) -> tuple[int, float, float] | None:
    """Seeds that reached a target, median seconds and images until then; None if none did."""
    found = []
    for seed in case["seeds"]:
        for number, epoch in enumerate(seed["epochs"], 1):
            if epoch["accuracy"] >= target:
                found.append((epoch["seconds"], number * seed["images"]))
                break
    if not found:
        return None
    seconds, images = (statistics.median(values) for values in zip(*found, strict=True))
    return len(found), seconds, images


def reached_text(case: dict[str, Any], target: float) -> str:
    """The same in words."""
    found = reached(case, target)
    if found is None:
        return "not reached"
    count, seconds, images = found
    seeds = "" if count == len(case["seeds"]) else f", {count} of {len(case['seeds'])} seeds"
    return f"{seconds:.1f} s, {images:,.0f} images{seeds}"


def text(record: dict[str, Any]) -> str:
    """The whole file."""
    lines = [heading(record["machine"])]
    if record["limits"]:
        lines.append(limits_text(record["limits"]))
    accuracy = record["what"].startswith("accuracy")
    if not accuracy:
        lines.append(f"ratios are to {REFERENCE!r}, within rounds; spread is quartiles of rounds")
    show = accuracy_text if accuracy else case_text
    for case in record["cases"]:
        lines += ["", show(case, record["limits"])]
    return "\n".join(lines) + "\n"
