"""A picture as DICOM: VL Photographic Image Storage, marked as synthetic.

PS3.3 A.32.4; Synthetic Data (0008,001C) is YES; the generator stands in the Contributing Equipment Sequence
with the purpose (109100, DCM, "Synthesizing Equipment"). The patient is nobody: each picture is one of its
own, named Synthetic. Recipe, pixel hash in the library and a seal over the whole file stand in a private
block (C2PA knows no DICOM): core.verify notices any changed byte. Unsigned, equal pictures give equal files,
UIDs included.
"""

from datetime import datetime
from io import BytesIO

from PIL import Image
from pydicom import Dataset
from pydicom.dataset import FileDataset, FileMetaDataset
from pydicom.sequence import Sequence
from pydicom.uid import PYDICOM_IMPLEMENTATION_UID, ExplicitVRLittleEndian, generate_uid

from core import __version__
from core.exporting.items import Item
from core.images import describe, pixel_sha256
from core.provenance.credentials import Credentials
from core.provenance.documents import (
    PRIVATE_CREATOR,
    PRIVATE_GROUP,
    RECIPE_ELEMENT,
    SEAL_ELEMENT,
    SOURCE_ELEMENT,
)
from core.provenance.seals import placeholder, sealed

VL_PHOTOGRAPHIC = "1.2.840.10008.5.1.4.1.1.77.1.4"
TEXT_MAX = 1024
COMMENT_MAX = 10_240


def encode_dicom(item: Item, image: Image.Image, source: str, credentials: Credentials | None) -> bytes:
    """The DICOM file, sealed. ``image`` is the picture as it leaves, RGB; ``source`` the hash of the pixels
    in the library."""
    identity = f"{item.id}:{pixel_sha256(image)}:{item.recipe.to_json()}"
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = VL_PHOTOGRAPHIC
    meta.MediaStorageSOPInstanceUID = _uid(identity, "instance")
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = PYDICOM_IMPLEMENTATION_UID
    file = FileDataset("", {}, file_meta=meta, preamble=b"\0" * 128)
    file.SpecificCharacterSet = "ISO_IR 192"
    file.SOPClassUID, file.SOPInstanceUID = VL_PHOTOGRAPHIC, meta.MediaStorageSOPInstanceUID
    file.SyntheticData = "YES"
    _describe_study(file, item, identity)
    _describe_equipment(file, item)
    _describe_image(file, item, image)
    _describe_origin(file, item, source, credentials)
    buffer = BytesIO()
    file.save_as(buffer, enforce_file_format=True)
    return sealed(buffer.getvalue(), credentials)


def _uid(identity: str, part: str) -> str:
    """A UID under 2.25 made of a hash of what it names."""
    return generate_uid(prefix=None, entropy_srcs=[identity, part])


def _describe_study(file: Dataset, item: Item, identity: str) -> None:
    file.PatientName, file.PatientID = "Synthetic^Picture", f"SYNTHETIC-{item.id:06d}"
    file.PatientBirthDate, file.PatientSex = "", ""
    file.StudyInstanceUID, file.SeriesInstanceUID = _uid(identity, "study"), _uid(identity, "series")
    file.StudyID, file.AccessionNumber, file.ReferringPhysicianName = str(item.id), "", ""
    file.StudyDescription = "Synthetic skin photograph, not for diagnosis"
    file.SeriesNumber, file.Modality, file.Laterality = 1, "XC", ""
    file.StudyDate, file.StudyTime = _date_time(item.created_at)


def _date_time(moment: datetime) -> tuple[str, str]:
    return f"{moment:%Y%m%d}", f"{moment:%H%M%S}"


def _describe_equipment(file: Dataset, item: Item) -> None:
    purpose = Dataset()
    purpose.CodeValue, purpose.CodingSchemeDesignator = "109100", "DCM"
    purpose.CodeMeaning = "Synthesizing Equipment"
    equipment = Dataset()
    equipment.PurposeOfReferenceCodeSequence = Sequence([purpose])
    equipment.Manufacturer = "Script2Skin"
    equipment.ManufacturerModelName = _cut(item.recipe.model, 64)
    equipment.SoftwareVersions = item.recipe.versions.get("script2skin", __version__)
    equipment.ContributionDescription = _cut(describe(item.recipe), TEXT_MAX)
    equipment.ContributionDateTime = "".join(_date_time(item.created_at))
    file.ContributingEquipmentSequence = Sequence([equipment])
    file.Manufacturer = "Script2Skin"
    file.ManufacturerModelName = _cut(item.recipe.model, 64)
    file.SoftwareVersions = equipment.SoftwareVersions


def _describe_image(file: Dataset, item: Item, image: Image.Image) -> None:
    file.ImageType = ["DERIVED", "PRIMARY"]
    file.InstanceNumber, file.BurnedInAnnotation = 1, "NO"
    file.ContentDate, file.ContentTime = _date_time(item.created_at)
    file.AcquisitionDateTime = "".join(_date_time(item.created_at))
    file.LossyImageCompression = "00"
    file.PatientOrientation = ""
    file.AcquisitionContextSequence = Sequence([])
    file.DerivationDescription = _cut(describe(item.recipe), TEXT_MAX)
    file.ImageComments = _cut(item.recipe.prompt, COMMENT_MAX)
    file.SamplesPerPixel, file.PhotometricInterpretation, file.PlanarConfiguration = 3, "RGB", 0
    file.Rows, file.Columns = image.height, image.width
    file.BitsAllocated = file.BitsStored = 8
    file.HighBit, file.PixelRepresentation = 7, 0
    pixels = image.convert("RGB").tobytes()
    file.PixelData = pixels + b"\0" * (len(pixels) % 2)


def _describe_origin(file: Dataset, item: Item, source: str, credentials: Credentials | None) -> None:
    block = file.private_block(PRIVATE_GROUP, PRIVATE_CREATOR, create=True)
    block.add_new(RECIPE_ELEMENT, "UT", item.recipe.to_json())
    block.add_new(SOURCE_ELEMENT, "UT", source)
    block.add_new(SEAL_ELEMENT, "UT", placeholder(credentials).decode("ascii"))


def _cut(text: str, limit: int) -> str:
    """As much as the attribute holds; a backslash would part values."""
    return text.replace("\\", "/")[:limit]
