"""What is not a model, or not a safe one, is called what it is, with what to do about it."""

from __future__ import annotations

import copy
import io
import json
import zipfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import h5py
import numpy as np
import pytest

import striate as st
from striate.formats.keras_files import open_model
from tests.fuzz.seeds import branches, legacy_file, sequential, zip_file

pytestmark = pytest.mark.torch

OPENS = " Expected a Keras file: .keras, .h5 with a model, or JSON and weights; or a .striate file."
AGAIN = " Copy or download it again."
DISTRUST = " A model file never needs this; do not trust the file."


def hdf5(fill: Callable[[h5py.File], None], data: bytes | None = None) -> bytes:
    memory = io.BytesIO(data or b"")
    with h5py.File(memory, "r+" if data else "w") as file:
        fill(file)
    return memory.getvalue()


def changed(*path: Any, to: Any, config: Any = None) -> bytes:
    """A file whose description differs in one value from a sound one."""
    config = copy.deepcopy(config or sequential())
    value: Any = config
    for step in path[:-1]:
        value = value[step]
    value[path[-1]] = to
    return legacy_file(config)


def layer(number: int, **settings: Any) -> bytes:
    config = sequential()
    config["config"]["layers"][number]["config"].update(settings)
    return legacy_file(config)


def kind(number: int, class_name: str) -> bytes:
    return changed("config", "layers", number, "class_name", to=class_name)


def replaced(put: Callable[[h5py.File, str], None]) -> bytes:
    name = "model_weights/conv/conv/kernel:0"

    def fill(file: h5py.File) -> None:
        del file[name]
        put(file, name)

    return hdf5(fill, legacy_file(sequential()))


def external(file: h5py.File, name: str) -> None:
    file.create_dataset(name, (3, 3, 3, 4), "f4", external=[("other.bin", 0, 4 * 108)])


def virtual(file: h5py.File, name: str) -> None:
    layout = h5py.VirtualLayout(shape=(3, 3, 3, 4), dtype="f4")
    file.create_virtual_dataset(name, layout)


def put(value: Any) -> Callable[[h5py.File, str], None]:
    return lambda file, name: file.__setitem__(name, value)


def packed(members: dict[str, bytes]) -> bytes:
    memory = io.BytesIO()
    with zipfile.ZipFile(memory, "w") as archive:
        for name, content in members.items():
            archive.writestr(name, content)
    return memory.getvalue()


def functional(number: int, key: str, to: Any) -> bytes:
    return changed("config", "layers", number, key, to=to, config=branches())


def operation() -> bytes:
    config = branches()
    config["config"]["layers"][3].update(
        class_name="TFOpLambda", config={"name": "sum", "function": "signal.fft"}
    )
    return legacy_file(config)


LARGE = layer(4, units=10**9)
WEIGHTLESS = hdf5(
    lambda f: f.__delitem__("model_weights/dense/dense/bias:0"), legacy_file(sequential())
)
# (name, content, text after the path)
FILES: list[tuple[str, bytes, str]] = [
    (
        "lfs.h5",
        b"version https://git-lfs.github.com/spec/v1\noid sha256:0\nsize 1\n",
        ": it is a Git LFS pointer: three lines that stand for the file, which was not downloaded."
        f"{OPENS} Run `git lfs pull` in the repository, or download the file itself.",
    ),
    (
        "phone.tflite",
        b"\x1c\0\0\0TFL3" + bytes(64),
        ": it is a TFLite model, which is compiled for phones and cannot be turned back."
        f"{OPENS} Ask for the Keras file it was made from (.keras or .h5).",
    ),
    (
        "saved_model.pb",
        b"\x08\x01\x12" + bytes(64),
        ": it is a TensorFlow SavedModel: a program, not layers and weights."
        f'{OPENS} Open it in TensorFlow and write its layers: model.save("model.h5").',
    ),
    ("nothing.h5", b"", f": the file is empty.{OPENS}{AGAIN}"),
    (
        "photos.zip",
        packed({"a.jpg": b"x"}),
        f": it is a zip file, but not a Keras one: it has no config.json.{OPENS}",
    ),
    ("text.h5", b"hello", f": it is not a file that can be read.{OPENS}"),
    (
        "table.h5",
        hdf5(lambda file: file.create_group("frame")),
        ": it is an HDF5 file, but not Keras's: it holds neither a model nor the weights of one."
        f" Got members=('frame',).{OPENS}",
    ),
    (
        "weights.h5",
        hdf5(lambda file: file.attrs.__setitem__("layer_names", [b"conv"])),
        ": it holds weights alone, without the model they belong to. Expected a file with a model."
        " Write the model in code, then model.load_weights(path); or give its JSON:"
        ' st.load_model("model.json", weights=path).',
    ),
    (
        "architecture.h5",
        hdf5(lambda f: f.attrs.__setitem__("model_config", json.dumps(sequential()))),
        ": it holds a model, but no weights."
        " st.models.model_from_json(config) builds it with new ones.",
    ),
    (
        "lambda.h5",
        kind(3, "Lambda"),
        ", flatten (Lambda): its function is Python code inside the file, which is never run."
        " Expected the function, or a layer instead, by the name of the layer."
        ' load_model(path, custom_objects={"flatten": lambda x: ...}), or a layer such as'
        " layers.Rescaling(1 / 127.5, offset=-1).",
    ),
    (
        "own.h5",
        kind(3, "Sampling"),
        ", flatten (Sampling): this is no layer of Keras's that striate has; if it is the author's"
        " own, files do not carry its code. Expected its class, or a layer instead, by name."
        ' load_model(path, custom_objects={"Sampling": Sampling}).',
    ),
    (
        "setting.h5",
        layer(0, melt=3),
        ", conv (Conv2D): its setting `melt` is not one that striate knows. Got melt=3. Expected a"
        " setting of today's layers, or None. Pass a layer under its name:"
        ' load_model(path, custom_objects={"conv": ...}).',
    ),
    (
        "value.h5",
        layer(0, filters=-1),
        ", conv (Conv2D): it cannot be made (conv2d (Conv2D): `filters` is not valid. Got"
        " filters=-1. Expected a positive whole number.).",
    ),
    (
        "missing.h5",
        changed("config", "layers", 4, "config", to={"name": "dense"}),
        ", dense (Dense): its configuration is damaged (Dense.__init__() missing 1 required"
        " positional argument: 'units').",
    ),
    (
        "quantized.h5",
        layer(4, dtype={"class_name": "QuantizedDTypePolicy", "config": {"name": "int8_from_x"}}),
        ", dense (Dense): its weights are quantized. Got dtype='int8_from_x'. Expected weights in"
        " floating point. Save the model before it is quantized.",
    ),
    (
        "activation.h5",
        layer(0, activation="my_relu"),
        ", conv (activation): its activation 'my_relu' is not in the table, and files do not carry"
        " code. Expected the function or object by name."
        ' load_model(path, custom_objects={"my_relu": ...}).',
    ),
    (
        "first.h5",
        layer(0, data_format="channels_first", activation="softmax"),
        ", conv (Conv2D): an activation along the last axis of channels-first images. Got"
        " activation='softmax'. Pass a layer under its name in custom_objects.",
    ),
    (
        "merge.h5",
        kind(1, "Merge"),
        ": a Sequential that begins with a Merge of several branches, which went with Keras 1."
        " Write the model in code with Model(inputs, outputs), then model.load_weights(path).",
    ),
    (
        "shapeless.h5",
        layer(0, batch_input_shape=None),
        ": the Sequential does not say the shape of its input. Write the model in code with"
        " layers.Input(shape) first, then model.load_weights(path).",
    ),
    (
        "shape.h5",
        layer(0, batch_input_shape=[None, "8", 8, 3]),
        ": the shape of input `conv_input` cannot be read. Got shape=[None, '8', 8, 3]. Expected a"
        " list of sizes, the batch first.",
    ),
    (
        "text_input.h5",
        layer(0, dtype="string"),
        ": input `conv_input` takes text. Expected numbers.",
    ),
    ("empty_model.h5", changed("config", "layers", to=[]), ": the model has no layers."),
    ("list.h5", changed("config", "layers", to=3), ": the list of layers is damaged."),
    ("no_class.h5", changed("config", "layers", 3, "class_name", to=3),
     ': a layer has no class name. Expected {"class_name": ...}.'),
    ("no_config.h5", changed("config", "layers", 3, "config", to=3),
     ": a Flatten has no configuration."),
    (
        "subclass.h5",
        changed("class_name", to="CIFAR10Model"),
        ": the model is of a class of its author's own, `CIFAR10Model`, and files do not carry its"
        " code. Expected a Sequential or functional model. Write the class in code, build it, then"
        " model.load_weights(path).",
    ),
    (
        "misfit.h5",
        layer(2, pool_size=[20, 20]),
        ": its layers do not go together (maxpooling2d (MaxPooling2D): the window is larger than"
        " its input. Got pool_size=(20, 20), input shape=(None, 8, 8, 4). Expected pool_size <="
        ' (8, 8), the height and width of the input. Use padding="same", a smaller pool_size, or'
        " fewer strides and poolings before it.\nHow it came to this:\n"
        "  conv_input (InputLayer) (None, 8, 8, 3)\n  conv (Conv2D) (None, 8, 8, 4)\n"
        "  batchnormalization (BatchNormalization) (None, 8, 8, 4)).",
    ),
    ("twice.h5", functional(2, "name", "x"), ": two layers are called `x`."),
    (
        "connected.h5",
        functional(2, "inbound_nodes", [[["inner"]]]),
        ": how the layers of `d` are connected cannot be read. Expected [[name, node, tensor],"
        " ...].",
    ),
    (
        "nowhere.h5",
        functional(2, "inbound_nodes", [[["gone", 0, 0, {}]]]),
        ": its output layers name `sum`, which is not connected.",
    ),
    (
        "function.h5",
        operation(),
        ", sum (TFOpLambda): the function `fft` is not one that striate has as an operation. Pass a"
        " layer, or a function of tensors, under its name:"
        ' load_model(path, custom_objects={"sum": ...}).',
    ),
    (
        "large.h5",
        LARGE,
        ": it describes a model far larger than the file. Got weights=65000000128. Expected at most"
        f" {(2**24 + 100 * len(LARGE)) // 4}. A model file holds all its weights; do not trust the"
        " file.",
    ),
    (
        "soft.h5",
        replaced(put(h5py.SoftLink("/model_weights"))),
        ", /model_weights/conv/conv: `kernel:0` is a link to another place. Got link='SoftLink'."
        " Expected groups and arrays of this file. A model file never needs links; do not trust the"
        " file.",
    ),
    (
        "link.h5",
        replaced(put(h5py.ExternalLink("other.h5", "/x"))),
        ", /model_weights/conv/conv: `kernel:0` is a link to another place. Got"
        " link='ExternalLink'. Expected groups and arrays of this file. A model file never needs"
        " links; do not trust the file.",
    ),
    *(
        (
            f"{make.__name__}.h5",
            replaced(make),
            ", /model_weights/conv/conv/kernel:0: its values lie in another file. Expected a file"
            f" that holds its own values.{DISTRUST}",
        )
        for make in (external, virtual)
    ),
    (
        "bomb.h5",
        replaced(lambda f, n: f.create_dataset(n, (2**40,), "f4", chunks=(1024,))),
        ", /model_weights/conv/conv/kernel:0: it declares far more values than the file holds. Got"
        " shape=(1099511627776,), stored bytes=0. Expected at most 100 times what is stored."
        f"{DISTRUST}",
    ),
    (
        "objects.h5",
        replaced(put(np.array(["text"], dtype=object))),
        ", /model_weights/conv/conv/kernel:0: it does not hold numbers. Got type='object'.",
    ),
    (
        "listed.h5",
        hdf5(lambda f: f.__delitem__("model_weights/dense"), legacy_file(sequential())),
        ", /model_weights: layer `dense` is listed but not there. The file was cut off while it was"
        " written; save the model again.",
    ),
    (
        "weight.h5",
        WEIGHTLESS,
        ", /model_weights/dense: weight `dense/bias:0` is listed but not there. The file was cut"
        " off while it was written; save the model again.",
    ),
    (
        "pickle.keras",
        packed({"config.json": b"{}", "model.weights.npz": b"\x80"}),
        ": its weights are in model.weights.npz, as Python objects that run code when read."
        " Expected a file with model.weights.h5. Do not trust the file; its author can save the"
        " model again with today's Keras.",
    ),
    (
        "weightless.keras",
        packed({"config.json": json.dumps(sequential()).encode()}),
        ": it holds a model, but no weights."
        " st.models.model_from_json(config) builds it with new ones.",
    ),
    (
        "deep.json",
        b'{"class_name": "Sequential", "config": ' + b"[" * 300 + b"]" * 300 + b"}",
        ": its JSON is nested too deeply. Expected at most 200 levels.",
    ),
    (
        "nan.json",
        b'{"class_name": "Sequential", "config": NaN}',
        ": its JSON holds NaN. Expected numbers.",
    ),
    (
        "number.json",
        b'{"class_name": "Sequential", "config": 99999999999999999999}',
        ": its JSON holds a number beyond reason. Expected 64-bit numbers.",
    ),
    (
        "half.json",
        b'{"class_name": "Sequ',
        ": its JSON cannot be read (Unterminated string starting at: line 1 column 16 (char 15))."
        " Expected JSON.",
    ),
    (
        "other.json",
        b'{"scripts": {"build": "make"}}',
        ': its JSON does not describe a model. Expected {"class_name": ..., "config": ...}, as'
        " model.to_json() gives it.",
    ),
]  # fmt: skip


@pytest.mark.parametrize(("name", "content", "text"), FILES, ids=[f[0] for f in FILES])
def test_it_is_called_what_it_is(tmp_path: Path, name: str, content: bytes, text: str) -> None:
    path = tmp_path / name
    path.write_bytes(content)
    with pytest.raises(st.FormatError) as caught:
        open_model(path)
    assert str(caught.value) == f"{path}{text}"


def test_a_folder_of_tensorflow_is_a_saved_model(tmp_path: Path) -> None:
    (tmp_path / "saved_model.pb").write_bytes(b"\x08\x01")
    with pytest.raises(st.FormatError) as caught:
        st.load_model(tmp_path)
    assert str(caught.value) == (
        f"{tmp_path}: it is a TensorFlow SavedModel: a program, not layers and weights."
        f'{OPENS} Open it in TensorFlow and write its layers: model.save("model.h5").'
    )


def test_no_file(tmp_path: Path) -> None:
    with pytest.raises(st.FormatError) as caught:
        open_model(tmp_path / "gone.h5")
    assert str(caught.value) == f"{tmp_path / 'gone.h5'}: there is no such file.{OPENS}"


def test_a_truncated_file_says_so(tmp_path: Path) -> None:
    for name, data in (
        ("cut.h5", legacy_file(sequential())),
        ("cut.keras", zip_file(sequential())),
    ):
        path = tmp_path / name
        path.write_bytes(data[: len(data) // 2])
        with pytest.raises(st.FormatError, match="truncated or damaged"):
            st.load_model(path)


def test_weights_go_with_json_alone(tmp_path: Path) -> None:
    path = tmp_path / "model.h5"
    path.write_bytes(legacy_file(sequential()))
    with pytest.raises(st.ArgumentError) as caught:
        st.load_model(path, weights=path)
    assert str(caught.value) == (
        f"load_model: `weights` goes with a JSON file. Got path='{path}', weights='{path}'."
        " Expected a file that has the model without weights. Leave it out, or"
        " model.load_weights(path) afterwards."
    )


def test_a_zip_with_a_member_twice_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "twice.keras"
    path.write_bytes(zip_file(sequential()))
    with pytest.warns(UserWarning, match="Duplicate name"), zipfile.ZipFile(path, "a") as archive:
        archive.writestr("config.json", "{}")
    with pytest.raises(st.FormatError) as caught:
        st.load_model(path)
    assert str(caught.value) == f"{path}, member config.json: the name is used twice."


def test_what_is_sound_opens(tmp_path: Path) -> None:
    for name, data in (("a.h5", legacy_file(sequential())), ("b.keras", zip_file(sequential()))):
        (tmp_path / name).write_bytes(data)
        model = st.load_model(tmp_path / name)
        assert model.count_params() == 3 * 3 * 3 * 4 + 4 + 16 + 64 * 5 + 5
