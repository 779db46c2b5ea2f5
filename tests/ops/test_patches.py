from __future__ import annotations

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from striate.ops import patches

pytestmark = pytest.mark.torch

X = torch.arange(3 * 4 * 5 * 2.0).view(3, 4, 5, 2).permute(0, 3, 1, 2)


def shown(x: torch.Tensor) -> np.ndarray:
    assert x.is_contiguous(memory_format=torch.channels_last)
    return x.permute(0, 2, 3, 1).numpy()


def test_each_image_is_flipped_by_its_own_flags() -> None:
    left_right, top_bottom = torch.tensor([True, False, True]), torch.tensor([False, True, True])
    out = shown(patches.flip(X, left_right, top_bottom))
    wanted = [shown(X)[0][:, ::-1], shown(X)[1][::-1], shown(X)[2][::-1, ::-1]]
    np.testing.assert_array_equal(out, wanted)
    assert patches.flip(X, None, None) is X


def test_each_image_has_its_own_window() -> None:
    top, left = torch.tensor([0, 2, 1]), torch.tensor([3, 0, 2])
    out = shown(patches.windows(X, top, left, 2, 2))
    for n in range(3):
        np.testing.assert_array_equal(
            out[n], shown(X)[n, top[n] : top[n] + 2, left[n] : left[n] + 2]
        )


@pytest.mark.parametrize(
    ("size", "to", "window"),
    [
        ((100, 200), (32, 32), (0, 50, 100, 100)),
        ((10, 7), (5, 5), (1, 0, 7, 7)),
        ((4, 4), (8, 4), (0, 1, 4, 2)),
        ((1, 9), (9, 1), (0, 4, 1, 1)),
    ],
)
def test_the_largest_window_is_centred(size: tuple, to: tuple, window: tuple) -> None:
    assert patches.largest_window(*size, to) == window


def test_a_resized_window_is_the_resized_middle() -> None:
    wanted = F.interpolate(X[:, :, :, 0:4], size=(2, 2), mode="bilinear", align_corners=False)
    torch.testing.assert_close(patches.resized_window(X, (2, 2)), wanted)
    np.testing.assert_array_equal(shown(patches.resized_window(X, (4, 2))), shown(X)[:, :, 1:3])
    numbers = set(patches.resized_window(X, (7, 7), "nearest").flatten().tolist())
    assert numbers <= set(X.flatten().tolist())


def test_a_box_holds_the_pixels_from_its_start_to_before_its_end() -> None:
    box = torch.tensor([[1.0, 3.0, 0.0, 2.0], [0.5, 1.5, 3.2, 9.0], [2.0, 2.0, 0.0, 5.0]])
    mask = patches.inside(X, box)[:, 0]
    assert [m.nonzero().tolist() for m in mask] == [
        [[1, 0], [1, 1], [2, 0], [2, 1]],
        [[1, 4]],
        [],
    ]


def test_boxes_have_their_sizes_and_stay_inside() -> None:
    share = torch.tensor([0.5, 1.0, 0.25])
    box = patches.boxes(X, share, share, torch.tensor([0.0, 0.7, 1.0]), torch.tensor([1.0, 0, 0.5]))
    wanted = [[0.0, 2.0, 2.5, 5.0], [0.0, 4.0, 0.0, 5.0], [3.0, 4.0, 1.875, 3.125]]
    assert box.tolist() == wanted


def test_mixing_and_pasting_take_from_the_image_in_order() -> None:
    order, share = torch.tensor([2, 0, 1]), torch.tensor([0.25, 1.0, 0.0])
    out = shown(patches.mix(X, order, share))
    for n, (other, s) in enumerate(zip(order, share, strict=True)):
        wanted = s.item() * shown(X)[n] + (1 - s.item()) * shown(X)[other]
        np.testing.assert_allclose(out[n], wanted)
    mask = torch.rand(3, 1, 4, 5) < 0.5
    pasted = shown(patches.paste(X, order, mask))
    wanted = np.where(mask.permute(0, 2, 3, 1).numpy(), shown(X)[order.numpy()], shown(X))
    np.testing.assert_array_equal(pasted, wanted)
    rows = patches.mix(torch.eye(3), order, share)
    assert rows.tolist() == [[0.25, 0.0, 0.75], [0.0, 1.0, 0.0], [0.0, 1.0, 0.0]]
