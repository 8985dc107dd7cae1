"""The uploaded photograph: read once, held by the session as pixels alone, prepared for a drawing's size.

The file itself, with all that a camera wrote into it, is let go as soon as it was read.
"""

from dataclasses import replace

import streamlit as st
from PIL import Image
from streamlit.runtime.memory_uploaded_file_manager import MemoryUploadedFileManager
from streamlit.runtime.scriptrunner import get_script_run_ctx
from streamlit.runtime.uploaded_file_manager import UploadedFile

from core.drawing.starts import StartKind, StartPicture, prepare_start
from core.drawing.uploads import BYTES_MAX, EXTENSIONS, read_photograph
from core.errors import Script2SkinError
from pages.components.wording import plain

PHOTO, PREPARED, KEEP = "start_photo", "start_prepared", "start_keep"
WANTED, TROUBLE, ROUND = "start_wanted", "start_trouble", "start_round"

PRIVACY = (
    "Only the pixels are taken: EXIF data, place and time are removed on arrival. The photograph is used for "
    "this drawing and deleted from the library when its pictures are done, unless you keep it; this page "
    "holds it until you remove it or close the page."
)
CONSENT = (
    "A photograph of a patient needs the patient's consent to this use. At low strength a picture may still "
    "show who was photographed: treat it like the photograph."
)


def ask_photograph(width: int, height: int) -> StartPicture | None:
    """Asks for a photograph, or shows what can be done with the one that is there; returns it prepared."""
    if trouble := st.session_state.get(TROUBLE):
        st.error(plain(trouble), icon=":material/error:")
    picture = photograph_at_hand(width, height)
    _show_wanted(picture)
    if picture is None:
        _ask_upload()
    else:
        with st.container(horizontal=True, vertical_alignment="center"):
            _ask_keeping()
            st.button(
                "Remove photograph",
                icon=":material/close:",
                type="tertiary",
                on_click=remove_photograph,
                key="start_remove",
            )
    return picture


def show_privacy() -> None:
    """Says what becomes of a photograph, and whose consent it needs."""
    st.caption(f":material/lock: {PRIVACY}")
    st.caption(f":material/verified_user: {CONSENT}")


def _ask_upload() -> None:
    """A new key for each file: Streamlit then forgets the one before."""
    key = f"start_upload_{st.session_state.setdefault(ROUND, 0)}"
    st.file_uploader(
        "Photograph (JPEG, PNG or WebP)",
        type=list(EXTENSIONS),
        max_upload_size=BYTES_MAX // 10**6,
        key=key,
        on_change=_take_upload,
        args=(key,),
        help="Its middle is used, in the shape of the drawing.",
    )


def _ask_keeping() -> None:
    st.checkbox(
        "Keep my photograph in the library",
        key=KEEP,
        help="It then stays beside its pictures in History, for everyone who uses this library, to be "
        "compared with them and used again. You can delete it there at any time.",
        persist_state="session",
    )


def _take_upload(key: str) -> None:
    """Reads the file when it arrives, and lets go of it."""
    state, file = st.session_state, st.session_state.get(key)
    if file is None:
        return
    state.pop(TROUBLE, None)
    try:
        hold_photograph(read_photograph(file.getvalue(), file.name))
    except Script2SkinError as error:
        state[TROUBLE] = str(error)
    finally:
        state[ROUND] += 1
        _let_go(file)


def _let_go(file: UploadedFile) -> None:
    """Removes the raw file from the server's memory; it would stay until the session ends."""
    context = get_script_run_ctx()
    if context is not None and isinstance(context.uploaded_file_mgr, MemoryUploadedFileManager):
        context.uploaded_file_mgr.remove_file(context.session_id, file.file_id)


def hold_photograph(image: Image.Image) -> None:
    """Makes this the session's photograph."""
    st.session_state[PHOTO], st.session_state[PREPARED] = image, {}


def remove_photograph() -> None:
    """Forgets the session's photograph and what was expected of it."""
    for key in (PHOTO, PREPARED, WANTED, TROUBLE):
        st.session_state.pop(key, None)


def photograph_at_hand(width: int, height: int) -> StartPicture | None:
    """The session's photograph in the size of a drawing, kept or passing as the form says."""
    state = st.session_state
    if PHOTO not in state:
        return None
    prepared: dict[tuple[int, int], StartPicture] = state[PREPARED]
    if (width, height) not in prepared:
        prepared[width, height] = prepare_start(state[PHOTO], width, height)
    kind = StartKind.KEPT if state.get(KEEP) else StartKind.PASSING
    return replace(prepared[width, height], kind=kind)


def _show_wanted(picture: StartPicture | None) -> None:
    """A reused recipe may want a photograph that was not kept: says so, and whether this is the one."""
    wanted = st.session_state.get(WANTED)
    if wanted is None:
        return
    if picture is None:
        st.info(
            f"The recipe started from a photograph that was not kept ({wanted[:8]}). Upload the same file "
            "again to repeat the picture.",
            icon=":material/add_a_photo:",
        )
    elif picture.sha256 == wanted:
        st.success("This is the photograph that the recipe started from.", icon=":material/check:")
    else:
        st.warning(
            f"This is another photograph ({picture.sha256[:8]}) than the recipe's ({wanted[:8]}): the "
            "picture will differ.",
            icon=":material/difference:",
        )
