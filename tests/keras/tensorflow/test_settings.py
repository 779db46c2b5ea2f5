"""What configures TensorFlow is accepted; what is not to be had is refused by name."""

from __future__ import annotations

import pytest
import torch

import striate.keras.tensorflow as tf
from striate.errors import ArgumentError, GraphError, MissingModuleError
from striate.keras.refusals import TENSORFLOW

pytestmark = pytest.mark.torch


def test_devices_are_listed() -> None:
    cards = tf.config.list_physical_devices("GPU")
    assert len(cards) == torch.cuda.device_count()
    assert [d.device_type for d in tf.config.list_physical_devices("CPU")] == ["CPU"]
    assert tf.config.experimental.get_device_details(tf.config.list_logical_devices()[0]) == {}
    assert bool(tf.test.gpu_device_name()) == tf.test.is_gpu_available() == bool(cards)
    assert isinstance(tf.test.is_built_with_cuda(), bool)
    names = [d.name for d in tf.client.device_lib.list_local_devices()]
    assert names[0] == "/device:CPU:0"


def test_settings_are_accepted() -> None:
    config = tf.compat.v1.ConfigProto(allow_soft_placement=True)
    config.gpu_options.allow_growth = True
    config.gpu_options.per_process_gpu_memory_fraction = 0.5
    options = tf.GPUOptions(allow_growth=True)
    with tf.Session(config=config) as session, tf.device("/gpu:0"), tf.name_scope("x"):
        session.run(tf.global_variables_initializer())
    tf.compat.v1.InteractiveSession(config=options).close()
    tf.config.experimental.set_memory_growth(None, True)
    tf.config.set_visible_devices([], "GPU")
    tf.compat.v1.logging.set_verbosity(tf.compat.v1.logging.ERROR)
    tf.compat.v1.disable_eager_execution()
    tf.get_logger().setLevel("ERROR")
    with tf.Graph().as_default() as graph, tf.control_dependencies([]), tf.init_scope():
        graph.finalize()
    tf.reset_default_graph()
    assert tf.executing_eagerly()
    assert tf.get_default_session() is not tf.get_default_session()
    tf.config.threading.set_intra_op_parallelism_threads(torch.get_num_threads())


def test_functions_run_as_they_are() -> None:
    @tf.function
    def twice(x: float) -> float:
        return x * 2

    @tf.function(input_signature=[], jit_compile=True)
    def thrice(x: float) -> float:
        return x * 3

    assert (twice(2), thrice(2)) == (4, 6)
    assert tf.autograph.experimental.do_not_convert(twice) is twice
    assert tf.no_op() is None


def test_strategies_are_one_device() -> None:
    for kind in (tf.distribute.MirroredStrategy, tf.distribute.OneDeviceStrategy):
        strategy = kind()
        with strategy.scope():
            assert strategy.num_replicas_in_sync == 1
        assert strategy.run(lambda a: a + 1, args=(1,)) == 2
        total = strategy.reduce(tf.distribute.ReduceOp.SUM, tf.constant([1.0, 2.0]), axis=0)
        assert float(total) == 3.0
        mean = strategy.reduce(tf.distribute.ReduceOp.MEAN, tf.constant([1.0, 2.0]), axis=0)
        assert float(mean) == 1.5
        assert strategy.reduce("SUM", 5) == 5
        assert strategy.experimental_distribute_dataset("data") == "data"
        assert strategy.experimental_local_results(1) == (1,)
    assert not tf.distribute.has_strategy()


def test_no_tpu_is_the_error_that_scripts_catch() -> None:
    with pytest.raises(ValueError, match="there is no TPU here") as caught:
        tf.distribute.cluster_resolver.TPUClusterResolver()
    assert isinstance(caught.value, ArgumentError)
    assert str(caught.value) == (
        "tf.distribute.cluster_resolver.TPUClusterResolver: there is no TPU here. Use "
        "tf.distribute.get_strategy()."
    )
    with pytest.raises(GraphError) as strategy:
        tf.distribute.TPUStrategy("resolver")
    assert str(strategy.value) == (
        "tf.distribute.TPUStrategy: it is refused: there is no TPU here. Use "
        "tf.distribute.get_strategy()."
    )


@pytest.mark.parametrize("name", [n for n in TENSORFLOW if n.count(".") == 1])
def test_what_is_refused_is_refused_with_a_reason(name: str) -> None:
    why, instead = TENSORFLOW[name]
    with pytest.raises(MissingModuleError) as caught:
        getattr(tf, name.partition(".")[2])
    text = str(caught.value)
    assert text.endswith(f"{name}: it is refused: {why}. {instead}.")
    assert "test_settings.py, line" in text


def test_modules_of_keras_stand_in() -> None:
    import striate.keras as keras

    assert tf.keras is keras
    assert tf.losses.MeanSquaredError is keras.losses.MeanSquaredError
    assert tf.optimizers is keras.optimizers
    assert tf.compat.v1 is tf
    assert tf.compat.as_bytes("a") == b"a"
    assert tf.compat.as_str(b"a") == "a"
    assert tf.__version__ == tf.version.VERSION


def test_a_module_holds_variables() -> None:
    class Line(tf.Module):
        def __init__(self) -> None:
            super().__init__()
            self.a = tf.Variable(1.0)

    assert len(Line().trainable_variables) == 1


def test_debugging_checks() -> None:
    tf.debugging.assert_equal(1, 1)
    with pytest.raises(ValueError, match="not alike"):
        tf.debugging.assert_equal(tf.constant([1]), tf.constant([2]), "not alike")


def test_gradients_between_symbols_are_keras_backends() -> None:
    x = tf.keras.Input((3,))
    assert tf.gradients(tf.reduce_sum(x * x, axis=1), x)[0].shape == (None, 3)
