"""Every error a user can meet, in one tree.

    Script2SkinError
    ├── InputError                  what was asked can't be done as asked; the message names value and way out
    │   ├── VocabularyError         a rash, site or tone that the vocabulary or the model does not hold
    │   ├── PromptError             an empty prompt, or one longer than the text encoder reads
    │   └── RecipeError             a setting out of range (seed, steps, count, size, scheduler)
    ├── ModelError                  a model folder can't be used
    │   ├── ModelMissingError       no such folder or hub id, or a part of the pipeline is missing
    │   ├── UnsafeWeightsError      pickled weights where safetensors are required
    │   ├── EncoderMismatchError    a text encoder that does not fit the model
    │   └── LoraMismatchError       a LoRA that does not fit the model
    ├── GenerationError             drawing failed
    │   └── Cancelled               the requester asked to stop (not a failure)
    ├── ImageFileError              an image file is unreadable, altered, or carries no recipe
    ├── SigningError                a signing certificate or a signed manifest can't be used
    ├── ExportError                 an export can't be written
    │   └── ExportCancelled         the requester asked to stop (not a failure); nothing is left of it
    ├── DatasetError                a prepared dataset of photographs can't be read, or is not finished
    ├── StorageError                the library can't be read or written
    │   ├── DiskFullError           no space left; nothing was recorded
    │   ├── LibraryBusyError        another process holds the database
    │   ├── NewerSchemaError        the database was written by a newer version
    │   ├── NotFoundError           no such record
    │   └── NotAllowedError         the record belongs to somebody else, or the person's role may not
    │       └── BlindedError        the picture is hidden while the person rates a study that shows it
    └── TrainingError               a training command can't start or go on

The message is a whole sentence for the person at the screen: what was found, and what to do. Only pages turn
an error into ``st.error``; only a command's ``main()`` into an exit code.
"""


class Script2SkinError(Exception):
    """Base of all errors that carry a sentence for the user."""


class InputError(Script2SkinError):
    """The user sees the value that was refused and what would be accepted."""


class VocabularyError(InputError):
    """The user sees the unknown word and the nearest known ones."""


class PromptError(InputError):
    """The user sees how long the prompt is and how long it may be."""


class RecipeError(InputError):
    """The user sees the setting, its value and its range."""


class ModelError(Script2SkinError):
    """The user sees which folder was refused and why."""


class ModelMissingError(ModelError):
    """The user sees which part is missing and what a complete folder holds."""


class UnsafeWeightsError(ModelError):
    """The user sees which file is pickled and how to convert it."""


class EncoderMismatchError(ModelError):
    """The user sees which property differs, with both values."""


class LoraMismatchError(ModelError):
    """The user sees which layer differs, with both shapes, and the model the LoRA was trained on."""


class GenerationError(Script2SkinError):
    """The user sees why drawing failed and that the job can be retried."""


class Cancelled(GenerationError):
    """The user sees the job marked as cancelled."""


class ImageFileError(Script2SkinError):
    """The user sees which file can't be read."""


class SigningError(Script2SkinError):
    """The user sees which certificate, key or manifest is meant and what is wrong with it."""


class ExportError(Script2SkinError):
    """The user sees what could not be exported, and that nothing half-written is left."""


class ExportCancelled(ExportError):
    """The user sees that the export was stopped."""


class DatasetError(Script2SkinError):
    """The user sees which file of the dataset is missing or altered, and how to prepare it again."""


class StorageError(Script2SkinError):
    """The user sees that the library could not be used and where it is."""


class DiskFullError(StorageError):
    """The user sees how much space is missing; nothing was recorded."""


class LibraryBusyError(StorageError):
    """The user is asked to try again; nothing was recorded."""


class NewerSchemaError(StorageError):
    """The user is asked to update the app; the database was not touched."""


class NotFoundError(StorageError):
    """The user sees that the record is gone."""


class NotAllowedError(StorageError):
    """The user sees whose record it is."""


class BlindedError(NotAllowedError):
    """The user sees which study hides pictures or figures and until when."""


class TrainingError(Script2SkinError):
    """The user sees why the run stopped and how to resume."""
