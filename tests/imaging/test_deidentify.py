"""A clean copy shows the same and holds no byte of what named the patient."""

import gzip
import io
import os
import struct

import numpy as np
import pytest
from dicomanonymizer.dicom_anonymization_databases import dicomfields_2026c as profile
from PIL import Image, ImageDraw, ImageFont
from PIL.PngImagePlugin import PngInfo
from pydicom import dcmread
from pydicom.datadict import DicomDictionary, keyword_for_tag, tag_for_keyword
from pydicom.dataset import Dataset
from pydicom.encaps import encapsulate, generate_frames
from pydicom.sequence import Sequence
from pydicom.tag import Tag
from pydicom.uid import JPEG2000Lossless
from typer.testing import CliRunner

from kgdx.cli.main import app
from kgdx.domain.errors import ImageError
from kgdx.imaging.allowed import CODES, EMPTY, NUMBERS, SEQUENCES
from kgdx.imaging.codestream import without_comments
from kgdx.imaging.deidentify import deidentify
from kgdx.imaging.read import read_image
from tests.imaging.drawn import dicom, grey, nifti, phantom

STORED = (phantom() * 4000).astype(np.uint16)
TEXTS = {
    "DS",
    "IS",
    "LO",
    "LT",
    "SH",
    "ST",
    "UC",
    "UT",
    "PN",
    "CS",
    "AE",
    "AS",
    "DA",
    "DT",
    "TM",
    "UR",
    "UN",
    "OB",
    "UI",
}
CANARY = "CANARY"
NAME = "CANARY^MARY"
# The files are wrong on purpose, and pydicom says so when they are made.
pytestmark = pytest.mark.filterwarnings("ignore::UserWarning:pydicom")


def canary(vr, number):
    """A value that fits its VR where that is possible."""
    text = f"{CANARY}{number}"
    if vr in {"OB", "UN"}:
        return text.encode().ljust(len(text) + len(text) % 2, b" ")
    return {
        "IS": "987654321",
        "DS": "987654321.5",
        "UI": f"1.2.987654321.{number}",
        "DA": "19610312",
        "TM": "134501",
        "DT": "19610312134501",
    }.get(vr, text)


def poisoned(dataset, *, deep=2):
    """Fill every text of the standard, in the data set and in items of every sequence."""
    for number, (tag, (vr, *_)) in enumerate(sorted(DicomDictionary.items())):
        group = tag >> 16
        if group in (0x0000, 0x0002, 0x0028, 0x7FE0, 0xFFFE) or keyword_for_tag(tag) in {"TransferSyntaxUID"}:
            continue
        if vr in TEXTS and tag not in dataset:
            dataset.add_new(tag, vr, canary(vr, number))
        elif vr == "SQ" and deep:
            item = Dataset()
            item.PatientName, item.TextValue, item.CodeMeaning = NAME, f"{CANARY}{number}", f"{CANARY} x"
            item.add_new(0x00091001, "LO", f"{CANARY} private")
            inner = Dataset()
            inner.PatientID = f"{CANARY}{number}"
            item.ReferencedStudySequence = Sequence([inner])
            dataset.add_new(tag, "SQ", Sequence([item]))
    dataset.add_new(0x00090010, "LO", f"{CANARY} CREATOR")
    dataset.add_new(0x00091001, "UN", f"{CANARY}!!".encode())
    dataset.add_new(0x60000010, "US", 160)
    dataset.add_new(0x60003000, "OW", f"{CANARY}OVERLAY!".encode())
    dataset.add_new(0x50000005, "US", 1)
    dataset.add_new(0x50003000, "OW", f"{CANARY}CURVE!!!".encode())
    return dataset


@pytest.fixture
def full(tmp_path):
    """A file with a canary wherever one fits."""
    plain = dcmread(dicom(tmp_path / "plain.dcm", STORED, SOPInstanceUID="1.2.987654321.1"))
    poisoned(plain)
    plain.file_meta.SourceApplicationEntityTitle = f"{CANARY}AE"
    plain.file_meta.PrivateInformationCreatorUID = "1.2.987654321.77"
    plain.file_meta.PrivateInformation = f"{CANARY}META".encode()
    plain.preamble = (CANARY.encode() * 30)[:128]
    plain.PixelData += CANARY.encode()
    path = tmp_path / f"{CANARY}.dcm"
    plain.save_as(path)
    return path


def copy_of(source, target, **options):
    (copied,) = deidentify(source, target, **options)
    assert copied.error is None
    return copied


def assert_clean(content):
    assert CANARY.encode() not in content.upper()
    assert b"987654321" not in content
    assert b"19610312" not in content
    assert b"134501" not in content


def test_no_canary_of_a_full_header_gets_through(tmp_path, full):
    assert full.read_bytes().count(CANARY.encode()) > 2000
    copy_of(full, tmp_path / "clean.dcm")
    assert_clean((tmp_path / "clean.dcm").read_bytes())
    clean = dcmread(tmp_path / "clean.dcm")
    assert clean.PatientIdentityRemoved == "YES"
    assert clean.DeidentificationMethodCodeSequence[0].CodeValue == "113100"
    assert clean.PatientName == ""
    assert (clean.pixel_array == STORED).all()


def test_values_that_do_not_fit_their_attribute_do_not_stay(tmp_path):
    extra = {
        "WindowCenter": "40",
        "BodyPartExamined": "CANARY",
        "Modality": "CANARY",
        "ImageType": ["ORIGINAL", "CANARY"],
    }
    path = dicom(tmp_path / "a.dcm", STORED, **extra)
    dataset = dcmread(path)
    dataset.add_new(tag_for_keyword("RescaleSlope"), "LO", CANARY)
    dataset.add_new(tag_for_keyword("WindowWidth"), "LO", CANARY)
    dataset.save_as(path)
    copy_of(path, tmp_path / "b.dcm")
    assert_clean((tmp_path / "b.dcm").read_bytes())
    assert dcmread(tmp_path / "b.dcm").WindowCenter == 40


def test_what_may_stay_is_nothing_that_the_profile_takes_away():
    """The profile's table as dicom-anonymizer holds it."""
    taken = {keyword_for_tag(Tag(*tag)) for tag in profile.ALL_TAGS if len(tag) == 2}
    assert len(taken) > 400
    assert not (NUMBERS | set(CODES) | SEQUENCES) & taken
    assert set(EMPTY) - {"SeriesNumber"} <= taken


def test_listed_words_are_those_of_the_standard():
    for keyword in (*NUMBERS, *CODES, *SEQUENCES, *EMPTY):
        assert tag_for_keyword(keyword), keyword


def test_uids_stay_consistent_within_a_run_and_differ_between_runs(tmp_path):
    (tmp_path / "in").mkdir()
    for number in (1, 2):
        ids = {"SeriesInstanceUID": "1.2.9", "StudyInstanceUID": "1.2.8", "SOPInstanceUID": f"1.2.7.{number}"}
        dicom(tmp_path / "in" / f"{number}.dcm", STORED, **ids)
    runs = []
    for out in ("out1", "out2"):
        targets = [copied.target for copied in deidentify(tmp_path / "in", tmp_path / out)]
        runs.append([dcmread(target) for target in targets])
    first, second = runs[0]
    assert first.SeriesInstanceUID == second.SeriesInstanceUID != "1.2.9"
    assert first.SOPInstanceUID != second.SOPInstanceUID
    assert first.file_meta.MediaStorageSOPInstanceUID == first.SOPInstanceUID
    assert runs[1][0].SeriesInstanceUID != first.SeriesInstanceUID


@pytest.mark.parametrize("codec", ["", "rle", "jpeg2000"])
def test_pixels_and_what_they_mean_stay(tmp_path, codec):
    meaning = {"RescaleSlope": 2, "RescaleIntercept": -1024, "PixelSpacing": [0.5, 0.7], "Modality": "CT"}
    path = dicom(tmp_path / "a.dcm", STORED, codec=codec, **meaning)
    copy_of(path, tmp_path / "b.dcm")
    before, after = read_image(path), read_image(tmp_path / "b.dcm")
    assert (before.pixels == after.pixels).all()
    assert after.spacing_mm == (0.5, 0.7)
    assert after.modality == "CT"


def test_geometry_and_tables_in_sequences_stay_without_their_texts(tmp_path):
    measures, comment, groups, table = Dataset(), Dataset(), Dataset(), Dataset()
    measures.PixelSpacing, measures.SliceThickness = [0.5, 0.5], 3
    comment.FrameComments = NAME
    groups.PixelMeasuresSequence, groups.FrameContentSequence = Sequence([measures]), Sequence([comment])
    table.LUTDescriptor, table.LUTExplanation = [4096, 0, 16], NAME
    table.add_new("LUTData", "OW", np.arange(4096, dtype="<u2")[::-1].tobytes())
    stays = {"SharedFunctionalGroupsSequence": Sequence([groups]), "VOILUTSequence": Sequence([table])}
    path = dicom(tmp_path / "a.dcm", STORED, **stays)
    copy_of(path, tmp_path / "b.dcm")
    assert_clean((tmp_path / "b.dcm").read_bytes())
    clean = dcmread(tmp_path / "b.dcm")
    assert clean.SharedFunctionalGroupsSequence[0].PixelMeasuresSequence[0].PixelSpacing == [0.5, 0.5]
    assert "FrameContentSequence" not in clean.SharedFunctionalGroupsSequence[0]
    assert (read_image(path).pixels == read_image(tmp_path / "b.dcm").pixels).all()


def test_comments_within_coded_frames_go(tmp_path):
    path = dicom(tmp_path / "a.dcm", STORED, codec="jpeg2000")
    dataset = dcmread(path)
    (frame,) = generate_frames(dataset.PixelData, number_of_frames=1)
    at = 4 + int.from_bytes(frame[4:6], "big")
    comment = b"\xff\x64" + struct.pack(">HH", 4 + len(NAME), 1) + NAME.encode()
    dataset.PixelData = encapsulate([frame[:at] + comment + frame[at:] + NAME.encode()])
    dataset.save_as(path)
    assert NAME.encode() in path.read_bytes()
    copy_of(path, tmp_path / "b.dcm")
    assert_clean((tmp_path / "b.dcm").read_bytes())
    clean = dcmread(tmp_path / "b.dcm")
    assert clean.file_meta.TransferSyntaxUID == JPEG2000Lossless
    assert (clean.pixel_array == STORED).all()


def with_text(height=512, width=512):
    picture = grey(phantom(height, width))
    ImageDraw.Draw(picture).text((8, 8), "DOE^JOHN 12.03.1961", fill=255, font=ImageFont.load_default(18))
    return picture


@pytest.mark.parametrize("codec", ["", "jpeg2000"])
def test_burned_in_text_is_masked_and_nothing_else(tmp_path, codec):
    stored = np.asarray(with_text())
    path = dicom(tmp_path / "a.dcm", stored, codec=codec)
    assert copy_of(path, tmp_path / "b.dcm").num_masked == 1
    clean = dcmread(tmp_path / "b.dcm")
    after = clean.pixel_array
    assert after[4:34, 4:200].max() < 64
    assert (after[60:] == stored[60:]).all()
    assert clean.BurnedInAnnotation == "NO"
    assert clean.DeidentificationMethodCodeSequence[1].CodeValue == "113101"
    with pytest.raises(ImageError, match="burned"):
        next(deidentify(path, tmp_path / "c.dcm", refuse_text=True))
    assert not (tmp_path / "c.dcm").exists()


def test_text_in_every_frame_of_a_colour_file_is_masked(tmp_path):
    frame = np.repeat(np.asarray(with_text())[..., None], 3, axis=2)
    path = dicom(tmp_path / "a.dcm", frame)
    assert copy_of(path, tmp_path / "b.dcm").num_masked == 1
    assert dcmread(tmp_path / "b.dcm").pixel_array[4:34, 4:200].max() < 64


def pictures(folder):
    """PNG, JPEG and TIFF with a canary in every text that Pillow can write, and after the end."""
    exif = Image.Exif()
    exif[0x010E], exif[0x013B], exif[0x0112] = f"{CANARY} description", NAME, 6
    info = PngInfo()
    info.add_text("Author", NAME)
    info.add_itxt("Comment", f"{CANARY} international")
    info.add_text("Packed", f"{CANARY} " * 50, zip=True)
    picture = grey(phantom())
    picture.save(folder / "a.png", pnginfo=info, exif=exif)
    picture.convert("P").save(folder / "p.png", pnginfo=info)
    Image.fromarray(STORED).save(folder / "deep.png", pnginfo=info)
    picture.save(folder / "a.jpg", exif=exif, comment=NAME, quality=90, icc_profile=CANARY.encode() * 9)
    picture.save(folder / "progressive.jpg", exif=exif, comment=NAME, progressive=True)
    tags = {270: f"{CANARY} title", 315: NAME, 33432: CANARY}
    picture.save(folder / "a.tif", tiffinfo=tags, save_all=True, append_images=[picture, picture])
    for name in ("a.png", "a.jpg", "progressive.jpg", "a.tif"):
        with (folder / name).open("ab") as content:
            content.write(NAME.encode() + b"\xff\xd9")


def test_pictures_keep_their_pixels_and_lose_their_texts(tmp_path):
    (tmp_path / "in").mkdir()
    pictures(tmp_path / "in")
    copies = list(deidentify(tmp_path / "in", tmp_path / "out"))
    assert len(copies) == 6
    for copied in copies:
        assert copied.error is None
        content = copied.target.read_bytes()
        assert_clean(content)
        assert CANARY.lower() not in copied.target.name
        with Image.open(copied.target) as clean:
            assert not set(clean.info) & {"Author", "Comment", "comment", "icc_profile"}
            assert set(clean.getexif()) <= {0x0112} or copied.target.suffix == ".tif"
        assert (read_image(copied.source).pixels == read_image(copied.target).pixels).all()


def test_pages_of_a_tiff_are_all_kept(tmp_path):
    (tmp_path / "in").mkdir()
    pictures(tmp_path / "in")
    copy_of(tmp_path / "in" / "a.tif", tmp_path / "b.tif")
    with Image.open(tmp_path / "b.tif") as clean:
        assert clean.n_frames == 3


def test_text_in_a_picture_is_masked(tmp_path):
    for name in ("a.png", "a.jpg", "a.tif"):
        with_text().save(tmp_path / name)
        assert copy_of(tmp_path / name, tmp_path / f"clean-{name}").num_masked == 1
        after = np.asarray(Image.open(tmp_path / f"clean-{name}"))
        assert after[4:34, 4:200].max() < 80


@pytest.mark.parametrize("suffix", [".nii", ".nii.gz"])
def test_nifti_loses_its_texts_and_keeps_its_volume(tmp_path, suffix):
    volume = np.stack([STORED.astype(np.int16)] * 3, axis=2)
    texts = {"descrip": NAME, "aux_file": CANARY, "intent_name": CANARY, "db_name": CANARY}
    path = nifti(tmp_path / f"{CANARY}{suffix}", volume, **texts)
    copy_of(path, tmp_path / f"b{suffix}")
    content = (tmp_path / f"b{suffix}").read_bytes()
    assert_clean(content)
    assert_clean(gzip.decompress(content) if suffix == ".nii.gz" else content)
    assert (read_image(path).pixels == read_image(tmp_path / f"b{suffix}").pixels).all()


def test_a_folder_goes_on_over_bad_files_and_ends_with_3(tmp_path):
    (tmp_path / "in" / "deeper").mkdir(parents=True)
    dicom(tmp_path / "in" / "deeper" / f"{CANARY}.dcm", STORED)
    (tmp_path / "in" / "note.txt").write_text(NAME)
    (tmp_path / "in" / "broken.png").write_bytes(b"\x89PNG\r\n\x1a\n1234")
    done = CliRunner().invoke(app, ["deidentify", str(tmp_path / "in"), str(tmp_path / "out")])
    assert done.exit_code == 3
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["000002.dcm"]
    assert done.stdout.split() == [str(tmp_path / "out" / "000002.dcm")]
    assert done.stderr.count("error:") == 2


def test_nothing_is_overwritten(tmp_path):
    path = dicom(tmp_path / "a.dcm", STORED)
    before = path.read_bytes()
    for target in (path, tmp_path):
        with pytest.raises(ImageError, match="exists already"):
            next(deidentify(path, target))
    with pytest.raises(ImageError, match="inside"):
        next(deidentify(tmp_path, tmp_path / "out"))
    with pytest.raises(ImageError, match="no such"):
        next(deidentify(tmp_path / "missing", tmp_path / "out"))
    assert path.read_bytes() == before
    assert os.listdir(tmp_path) == ["a.dcm"]


def test_a_report_is_no_image(tmp_path):
    dataset = dcmread(dicom(tmp_path / "a.dcm", STORED))
    for keyword in ("PixelData", "Rows", "Columns"):
        delattr(dataset, keyword)
    dataset.save_as(tmp_path / "b.dcm")
    with pytest.raises(ImageError, match="no image"):
        next(deidentify(tmp_path / "b.dcm", tmp_path / "c.dcm"))


def test_a_codestream_without_comments_decodes_alike():
    picture, buffer = grey(phantom()), io.BytesIO()
    picture.save(buffer, "JPEG", comment=NAME, exif=Image.Exif(), progressive=True)
    clean = without_comments(buffer.getvalue() + NAME.encode())
    assert NAME.encode() not in clean
    assert (np.asarray(Image.open(io.BytesIO(clean))) == np.asarray(Image.open(buffer))).all()
    assert without_comments(clean) == clean
