"""Volumes, series and frames: which slices stand for them, and which way round they lie."""

import numpy as np
import pytest

from kgdx.domain.errors import ImageError
from kgdx.domain.message import Message
from kgdx.imaging.display import upright
from kgdx.imaging.prepare import Preprocessing
from kgdx.imaging.read import evenly, read_image, read_images
from kgdx.report.messages import text as text_of
from tests.imaging.drawn import dicom, nifti, phantom

PLAIN = Preprocessing(mask_text=False)
SLICE = (phantom(64, 80) * 1000).astype(np.int16)


@pytest.mark.parametrize("num", [1, 2, 3, 5, 300])
def test_slices_that_stand_for_all_are_inside_and_different(num):
    assert evenly(num, 1) == [num // 2]
    chosen = evenly(num, 3)
    assert len(chosen) == min(num, 3) or num == 2
    assert chosen == sorted(set(chosen))
    assert all(0 <= index < num for index in chosen)


def marked(num, at):
    """Slice number `num` with a bright square whose place tells it."""
    plane = SLICE.copy()
    plane[at : at + 6, 4:10] = 1500 + num
    return plane


def series(folder, num=8, *, order=None, **extra):
    folder.mkdir(exist_ok=True)
    for at in range(num):
        place = {"ImagePositionPatient": [0, 0, 2.5 * at], "ImageOrientationPatient": [1, 0, 0, 0, 1, 0]}
        ids = {"SOPInstanceUID": f"1.2.{at + 1}", "SeriesInstanceUID": "1.2.77", "InstanceNumber": num - at}
        name = f"{(order or range(num))[at]:03d}.dcm"
        dicom(folder / name, marked(at, 6 * at), **place, **ids, **extra)
    return folder


def square_at(pixels):
    return int(np.flatnonzero(pixels[:, 4:10].mean(axis=1) > 0.9)[0])


def test_a_series_is_ordered_by_position_whatever_its_names_and_numbers(tmp_path):
    folder = series(tmp_path / "ct", order=[3, 1, 7, 0, 2, 6, 4, 5], Modality="MR")
    images = read_images(folder, PLAIN)
    assert [image.number for image in images] == [3, 5, 7]
    assert [square_at(image.pixels) for image in images] == [12, 24, 36]
    assert text_of(images[0].warnings[0]) == "of 8 slices or frames, 3, 5, 7 stand for all"
    assert read_image(folder, PLAIN).number == 5


def test_a_missing_slice_another_series_and_a_broken_file_are_told(tmp_path):
    folder = series(tmp_path / "ct")
    (folder / "003.dcm").unlink()
    dicom(folder / "other.dcm", SLICE, SeriesInstanceUID="1.2.99")
    (folder / "broken.dcm").write_bytes(b"\0" * 128 + b"DICM" + b"\x9f" * 99)
    (folder / "note.txt").write_text("none")
    told = " ".join(map(text_of, read_image(folder, PLAIN).warnings))
    assert "missing" in told
    assert "1 images of other series" in told
    assert "1 files of the folder could not be read" in told


def test_without_positions_the_instance_number_orders(tmp_path):
    (tmp_path / "us").mkdir()
    for at in range(4):
        dicom(tmp_path / "us" / f"{9 - at}.dcm", marked(at, 6 * at), InstanceNumber=at + 1)
    assert [square_at(image.pixels) for image in read_images(tmp_path / "us", PLAIN)] == [6, 12, 18]


def test_a_folder_without_images(tmp_path):
    (tmp_path / "a.txt").write_text("none")
    with pytest.raises(ImageError, match="no DICOM image"):
        read_images(tmp_path)


def test_frames_are_images_of_their_own_and_blank_ones_are_left_out(tmp_path):
    stack = np.stack([marked(at, 6 * at) for at in range(8)])
    stack[2] = 0
    path = dicom(tmp_path / "a.dcm", stack, frames=8)
    images = read_images(path, PLAIN)
    assert [image.number for image in images] == [5, 7]


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.float32])
def test_nifti_axial_slices_lie_as_radiologists_see_them(tmp_path, suffix, dtype):
    # RAS+: the first axis runs to the right, the second to the front, the third to the head.
    volume = np.zeros((80, 64, 9), dtype)
    volume[10:70, 10:54] = 50
    volume[60:68, 12:20] = 100  # on the patient's right, at the back
    path = nifti(tmp_path / f"a{suffix}", volume, np.diag([2.0, 3.0, 4.0, 1.0]))
    image = read_image(path, PLAIN)
    assert image.pixels.shape == (64, 80)
    assert image.spacing_mm == (3.0, 2.0)
    rows, columns = np.nonzero(image.pixels > 0.99)
    assert rows.mean() > 40
    assert columns.mean() < 25
    assert [image.number for image in read_images(path, PLAIN)] == [3, 5, 7]


def test_nifti_of_any_axis_order_shows_the_same_axial_slice(tmp_path):
    axial = np.zeros((80, 64, 70), np.int16)
    axial[10:70, 10:54, 5:60] = 50
    axial[60:68, 12:20, 30:40] = 100
    first = read_image(nifti(tmp_path / "a.nii", axial), PLAIN).pixels
    sagittal = axial.transpose(1, 2, 0)
    affine = np.array([[0, 0, 1, 0], [1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 0, 1]], float)
    second = read_image(nifti(tmp_path / "b.nii.gz", sagittal, affine), PLAIN).pixels
    turned = read_image(nifti(tmp_path / "c.nii", axial[::-1], np.diag([-1.0, 1, 1, 1])), PLAIN).pixels
    assert (first == second).all()
    assert (first == turned).all()


def test_nifti_with_several_volumes_slopes_and_lies(tmp_path):
    volume = np.stack([np.stack([SLICE.T] * 4, axis=2)] * 3, axis=3)
    path = nifti(tmp_path / "a.nii", volume)
    assert Message("warning.several_volumes") in read_image(path, PLAIN).warnings
    content = path.read_bytes()
    path.write_bytes(content[: len(content) // 8])
    with pytest.raises(ImageError, match="damaged"):
        read_image(path)


DIRECTIONS = [("L", "P"), ("R", "P"), ("L", "A"), ("P", "L"), ("L", "F"), ("L", "H"), ("F", "L"), ("P", "F")]


@pytest.mark.parametrize(("row", "column"), DIRECTIONS)
def test_every_direction_ends_up_the_same_way_round(row, column):
    plane = np.arange(6, dtype=np.float32).reshape(2, 3)
    opposite = dict(zip("LRPAHF", "RLAPFH", strict=True))
    straight, _ = upright(plane, row, column)
    for new_row, new_column, turned in (
        (opposite[row], column, plane[:, ::-1]),
        (row, opposite[column], plane[::-1]),
        (column, row, plane.T),
    ):
        assert (upright(turned, new_row, new_column)[0] == straight).all()


def test_unknown_directions_change_nothing():
    plane = np.arange(6, dtype=np.float32).reshape(2, 3)
    for row, column in (("", ""), ("L", ""), ("L", "R"), ("X", "F")):
        assert upright(plane, row, column)[0] is plane


def test_a_lateral_radiograph_may_look_either_way():
    plane = np.arange(6, dtype=np.float32).reshape(2, 3)
    assert (upright(plane, "A", "F", is_projection=True)[0] == plane).all()
    assert (upright(plane, "A", "F")[0] == plane[:, ::-1]).all()


def test_orientation_of_the_header_is_used(tmp_path):
    straight = dicom(tmp_path / "a.dcm", SLICE, PatientOrientation=["L", "F"], Modality="DX")
    mirrored = dicom(tmp_path / "b.dcm", SLICE[:, ::-1], PatientOrientation=["R", "F"], Modality="DX")
    assert (read_image(straight).pixels == read_image(mirrored).pixels).all()
