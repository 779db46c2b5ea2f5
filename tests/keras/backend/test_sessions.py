"""keras.backend: what configured TensorFlow 1 is accepted, and what ran its graphs is refused."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from striate.errors import GraphError
from striate.keras import backend as K

pytestmark = pytest.mark.torch


@pytest.fixture(autouse=True)
def _as_before() -> Iterator[None]:
    yield
    K.set_image_data_format("channels_last")
    K.clear_session()


def test_the_data_format_has_two_names() -> None:
    assert K.image_dim_ordering() == "tf"
    K.set_image_dim_ordering("th")
    assert K.image_data_format() == "channels_first"
    assert K.image_dim_ordering() == "th"
    assert K.normalize_data_format(None) == "channels_first"


def test_the_phase_is_noted() -> None:
    assert K.learning_phase() == 0
    K.set_learning_phase(1)
    assert K.in_train_phase(lambda: "train", "test") == "train"
    with K.learning_phase_scope(0):
        assert K.in_train_phase("train", "test") == "test"
        assert K.in_test_phase("test", "train") == "test"
    K.clear_session()
    assert K.learning_phase() == 0


def test_sessions_are_blocks() -> None:
    with K.get_session().as_default() as session:
        K.set_session(session)
    assert K.get_session() is session
    assert session.run(None) is None
    assert K._get_available_gpus() == session.list_devices()
    session.close()


def test_counters_count_by_prefix() -> None:
    assert [K.get_uid("a"), K.get_uid("a"), K.get_uid("b")] == [1, 2, 1]
    K.reset_uids()
    assert K.get_uid("a") == 1


def test_names_are_accepted() -> None:
    with K.name_scope("block") as name:
        assert name == "block"
    K.manual_variable_initialization(True)
    assert K.floatx() == "float32"
    assert 0 < K.epsilon() < 1e-5


def test_graphs_are_not_run() -> None:
    with pytest.raises(GraphError) as caught:
        K.get_session().run("loss")
    assert str(caught.value) == (
        "Session.run: graphs of TensorFlow 1 are not run here. Got fetches='str'. Expected a Keras "
        "model. Use model.predict(x), or K.function([model.input], [layer.output])([x])."
    )
    texts = {
        "ctc_batch_cost": "losses of speech and handwriting are no part of a toolkit for images. "
        "Use torch.nn.functional.ctc_loss in a Layer.",
        "ctc_decode": "losses of speech and handwriting are no part of a toolkit for images. Take "
        "the argmax of each step and drop repetitions.",
        "rnn": "loops over steps are layers here. Use keras.layers.RNN with a cell.",
    }
    for name, text in texts.items():
        with pytest.raises(GraphError) as refused:
            getattr(K, name)()
        assert str(refused.value) == f"keras.backend.{name}: {text}"
