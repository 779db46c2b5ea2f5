"""How good the model is: at a glance, over the epochs, per class, and whether it knows how sure."""

from __future__ import annotations

from striate.app.report.drawing import drawing
from striate.app.report.markup import Html, element, facts, joined, section, table
from striate.app.report.subject import Subject

_MOST_CLASSES = 200
_PAIRS = 8

_MOST_BESIDE = 12
"""A confusion matrix of more classes has the width of the page."""


def overview(subject: Subject) -> Html:
    """The accuracy, and what kind of model and data it is of."""
    found = subject.evaluation
    accuracy = found.accuracy()
    model, part = subject.model, subject.part
    learned = "" if part == "test" else " These images were learned from: on others it is lower."
    lead = element(
        "p",
        element("strong", f"{accuracy.value:.1%}"),
        element(
            "span",
            f"of {len(found):,} {part} images are classified right; "
            f"95 % interval {accuracy.low:.1%} to {accuracy.high:.1%}.{learned}",
        ),
        class_="lead",
    )
    pairs: list[tuple[object, object]] = [
        ("Parameters", f"{model.count_params():,}"),
        ("Data", f"{subject.samples.name}, {part} part"),
        ("Images", f"{subject.form.describe()}"),
        ("Classes", f"{len(found.class_names)}"),
    ]
    if subject.history is not None:
        pairs.append(("Epochs", f"{len(subject.history.epoch)}"))
    if len(found.class_names) > 5:
        pairs.append(("Among the best five", f"{found.top_k_accuracy(5).value:.1%}"))
    return section("overview", "At a glance", lead, facts(pairs))


def curves(subject: Subject) -> Html | None:
    """Loss and metrics over the epochs."""
    history = subject.history
    if history is None or not history.epoch:
        return None
    names = [name for name in history.history if not name.startswith("val_")]
    names = sorted(names, key=lambda name: name != "loss")
    drawings: list[Html] = []
    for name in names:
        own, other = (history.history.get(key) for key in (name, f"val_{name}"))
        if own is None or not all(isinstance(value, (int, float)) for value in own):
            continue
        text = f"{name} over {len(own)} epochs: training from {own[0]:.4g} to {own[-1]:.4g}"
        if other:
            text += f", validation from {other[0]:.4g} to {other[-1]:.4g}"
        drawings.append(drawing(history.plot([name]), f"curve-{len(drawings)}", text))
    return section("training", "Training", element("div", *drawings, class_="row"))


def classes(subject: Subject) -> Html:
    """Scores of every class, and which class is taken for which."""
    found = subject.evaluation
    report, matrix = found.report(), found.confusion_matrix()
    rows, caption = report.cells(), "Precision, recall and F1 of each class"
    if len(report.classes) > _MOST_CLASSES:
        worst = sorted(report.classes, key=lambda row: row.f1)[:_MOST_CLASSES]
        kept = {row.name for row in worst}
        rows = [row for row in rows[:-2] if row[0] in kept] + rows[-2:]
        caption += f", the {_MOST_CLASSES} with the lowest F1"
    scores = table(caption, report.header(), rows, range(1, 5))
    pairs = matrix.pairs(_PAIRS)
    mixed: Html | str = element("p", "No image was taken for another class.", class_="quiet")
    text = "Confusion matrix"
    if pairs:
        mixed = table("Taken for each other most", ("true", "predicted", "images"), pairs, [2])
        true, taken, count = pairs[0]
        text += f"; most often {true} is taken for {taken}, {count} times"
    picture = drawing(
        matrix.plot(), "confusion", text, "Rows: the true class; columns: the predicted one."
    )
    if len(found.class_names) > _MOST_BESIDE:
        parts = [picture, element("div", mixed, scores, class_="row")]
    else:
        parts = [element("div", element("div", picture, mixed), scores, class_="row")]
    return section("classes", "Classes", *parts, _thresholds(subject))


def _thresholds(subject: Subject) -> Html:
    found = subject.evaluation
    roc, precision = found.roc_curves(), found.precision_recall_curves()
    if not roc:
        return Html()
    lowest = min(roc, key=lambda curve: curve.area)
    text = f"ROC curves; the lowest area, {lowest.area:.3f}, is that of {lowest.name}"
    least = min(precision, key=lambda curve: curve.area)
    other = f"Precision over recall; the lowest average precision, {least.area:.3f}, is that of "
    return joined(
        [
            element("h3", "If the threshold moves"),
            element(
                "div",
                drawing(found.plot_roc(), "roc", text, "ROC: each class against all others."),
                drawing(
                    found.plot_precision_recall(),
                    "precision-recall",
                    other + least.name,
                    "Precision and recall: each class against all others.",
                ),
                class_="row",
            ),
        ]
    )


def confidence(subject: Subject) -> Html:
    """Whether a confidence of 90 % is right nine times out of ten."""
    found = subject.evaluation.calibration()
    mean, right = float(subject.evaluation.confidence.mean()), subject.evaluation.accuracy().value
    tendency = "surer than it is right" if mean > right else "less sure than it is right"
    told = element(
        "p",
        f"On average the model is {mean:.1%} sure and {right:.1%} right: {tendency}. "
        f"The expected calibration error is {found.error:.3f}.",
    )
    scaling: Html = Html()
    if subject.scaling is not None:
        heat = subject.scaling.temperature
        after = subject.evaluation.with_temperature(heat).calibration()
        scaling = element(
            "p",
            f"A temperature of {heat:.3f}, fitted on the validation images, would make it "
            f"{after.error:.3f} without changing an answer: ",
            element("code", f"st.scale_temperature(model, {heat:.3f})"),
            ".",
        )
    text = f"Reliability diagram; expected calibration error {found.error:.3f}"
    picture = drawing(found.plot(), "reliability", text)
    bins = table("Confidence and accuracy", found.header(), found.cells(), range(1, 4))
    grid = element("div", picture, bins, class_="row")
    return section("confidence", "How sure it is", told, scaling, grid)


def health(subject: Subject) -> Html | None:
    """What was measured inside the layers while the network trained."""
    found = subject.health
    if found is None or not found.epochs:
        return None
    advice = [
        element("li", element("strong", f"{f.layer}: {f.finding}."), f" {f.reason}. {f.remedy}.")
        for f in found.advice()
    ]
    told: Html = element("p", "Nothing was found that hinders training.", class_="good")
    if advice:
        told = element("ul", *advice, class_="advice")
    texts = {
        "gradient": "Norm of each layer's gradient over the epochs",
        "update": "Size of each layer's update relative to its weights, over the epochs",
        "dead": "Share of dead units of each layer over the epochs",
        "saturated": "Share of saturated values of each layer over the epochs",
    }
    drawings = [
        drawing(found.plot_one(what), f"health-{what}", texts[what]) for what in found.measured
    ]
    return section("health", "Training health", told, element("div", *drawings, class_="row"))
