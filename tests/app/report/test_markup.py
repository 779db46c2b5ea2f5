"""HTML is made of escaped texts."""

from __future__ import annotations

from striate.app.report.markup import Html, element, facts, section, table


def test_texts_and_attributes_are_escaped() -> None:
    made = element("a", "<b> & c", href='"><script>', title=None)
    assert made == '<a href="&quot;&gt;&lt;script&gt;">&lt;b&gt; &amp; c</a>'
    assert element("p", Html("<b>bold</b>"), element("br")) == "<p><b>bold</b><br></p>"


def test_a_table_has_headings_for_columns_and_rows() -> None:
    made = table("what <it> shows", ("layer", "MACs"), [("conv", 3)], [1])
    assert made == (
        '<div class="wide" role="region" tabindex="0" aria-label="what &lt;it&gt; shows">'
        "<table><caption>what &lt;it&gt; shows</caption>"
        '<thead><tr><th scope="col">layer</th><th scope="col" class="number">MACs</th></tr></thead>'
        '<tbody><tr><th scope="row">conv</th><td class="number">3</td></tr></tbody></table></div>'
    )


def test_a_section_is_named_by_its_heading() -> None:
    assert section("seen", "What it sees") == (
        '<section id="seen" aria-labelledby="seen-title">'
        '<h2 id="seen-title">What it sees</h2></section>'
    )
    assert facts([("a", 1)]) == '<dl class="facts"><div><dt>a</dt><dd>1</dd></div></dl>'
