"""Which reader a file gets. Its content decides, never its name."""

from collections.abc import Callable
from typing import NamedTuple

from scanning.engine import (
    archives,
    bitmap_images,
    boosters,
    compiled_python,
    executables,
    gguf_models,
    graph_files,
    images,
    numpy_arrays,
    pdf_documents,
    pickles,
    r_files,
    riff_files,
    sentencepiece_models,
    tensors,
    texts,
    torch_legacy,
    zip_directory,
)
from scanning.engine.compression import BZ2, GZIP, LZMA, XZ, ZLIB, is_zlib
from scanning.engine.context import Context
from scanning.engine.sources import Source, Truncated


class Format(NamedTuple):
    """A kind of file: the word for it, what it begins with or a question that tells, and its reader.

    A reader may call `context.recognised` with a better word, and return False when the file is of another kind after
    all: then the next one is asked.
    """

    word: str
    sign: bytes | tuple[bytes, ...] | Callable[[Source], bool]
    read: Callable[[Source, Context], object]

    def fits(self, source: Source, head: bytes) -> bool:
        return self.sign(source) if callable(self.sign) else head.startswith(self.sign)


# The sign of a format that only its reader can tell.
ANY = b""
# Formats that are told from others by the bytes they begin with, and not read.
UNREAD = {
    b"\x28\xb5\x2f\xfd": ("zstandard", "compressed with zstandard"),
    b"\x04\x22\x4d\x18": ("lz4", "compressed with lz4"),
    b"\x02\x21\x4c\x18": ("lz4", "compressed with an old lz4"),
    b"7z\xbc\xaf\x27\x1c": ("7z", "a 7z archive"),
    b"Rar!": ("rar", "a RAR archive"),
    b"!<arch>\n": ("ar", "an ar archive, which holds compiled code"),
    b"!<thin>\n": ("ar", "an ar archive, which refers to compiled code"),
    b"070701": ("cpio", "a cpio archive"),
    b"070702": ("cpio", "a cpio archive"),
    b"070707": ("cpio", "a cpio archive"),
    b"\xc7\x71": ("cpio", "a cpio archive"),
    b"\x1f\x9d": ("compress", "compressed with compress"),
    b"LZIP": ("lzip", "compressed with lzip"),
    b"\x89LZO": ("lzo", "compressed with lzop"),
    b"\xff\x06\0\0sNaPpY": ("snappy", "compressed with snappy"),
    b"PAR1": ("parquet", "a Parquet table"),
    b"ARROW1": ("arrow", "an Arrow table"),
    b"FEA1": ("feather", "a Feather table"),
    b"Obj\x01": ("avro", "an Avro table"),
    b"SQLite format 3": ("sqlite", "an SQLite database"),
    b"\xac\xed\0\x05": ("java object", "a serialised Java object, which runs code when it is read"),
    b"lmgg": ("ggml", "a model of an old ggml format"),
    b"tjgg": ("ggml", "a model of an old ggml format"),
    b"fmgg": ("ggml", "a model of an old ggml format"),
    b"II*\0": ("tiff", "a TIFF picture"),
    b"MM\0*": ("tiff", "a TIFF picture"),
    b"OggS": ("ogg", "an Ogg sound"),
    b"fLaC": ("flac", "a FLAC sound"),
    b"ID3\x03": ("mp3", "an MP3 sound"),
    b"ID3\x04": ("mp3", "an MP3 sound"),
    b"{\\rtf": ("rtf", "an RTF document, which can hold objects"),
    b"\x0a\x25\x21PS": ("postscript", "a PostScript program"),
    b"%!PS": ("postscript", "a PostScript program"),
}


def _is_unread(source: Source) -> bool:
    return source.read(0, 16).startswith(tuple(UNREAD))


def _say_unread(source: Source, context: Context) -> None:
    head = source.read(0, 16)
    word, kind = next(said for magic, said in UNREAD.items() if head.startswith(magic))
    context.recognised(word)
    context.found("content.known-unread", f"The file is {kind}, which the gate does not read.", subject=word)


def _say_unknown(source: Source, context: Context) -> None:
    if context.folder.accounts_for(context.name, source):
        context.recognised("numbers")
        return
    context.found("content.unknown", "The file has an unknown format, so nothing can be said about it.")


# Asked in this order; the first that reads the file decides what it is.
FORMATS = (
    # Loaders find these whatever else a file may be. Old pickles have no sign, so anything may be one.
    Format("zip", (zip_directory.LOCAL, zip_directory.END), archives.read_zip),
    Format("torch", torch_legacy.is_legacy, torch_legacy.read_legacy),
    Format("pickle", pickles.is_pickle, pickles.read_pickle),
    Format("pickle", ANY, pickles.find_hidden_pickle),
    Format("r", r_files.is_r, r_files.read_r),
    *(Format(*form) for form in boosters.FORMATS),
    Format("numpy", numpy_arrays.MAGIC, numpy_arrays.read_numpy),
    Format("png", images.PNG, images.read_png),
    Format("jpeg", images.JPEG, images.read_jpeg),
    Format("gif", bitmap_images.GIF, bitmap_images.read_gif),
    Format("bmp", bitmap_images.is_bmp, bitmap_images.read_bmp),
    Format("riff", riff_files.is_riff, riff_files.read_riff),
    Format("gzip", b"\x1f\x8b", archives.compressed_with(GZIP)),
    Format("bzip2", b"BZh", archives.compressed_with(BZ2)),
    Format("xz", b"\xfd7zXZ\x00", archives.compressed_with(XZ)),
    Format("lzma", b"\x5d\x00\x00", archives.compressed_with(LZMA)),
    Format("zlib", lambda source: is_zlib(source.read(0, 2)), archives.compressed_with(ZLIB)),
    Format("tar", archives.is_tar, archives.read_tar),
    Format("safetensors", tensors.is_safetensors, tensors.read_safetensors),
    Format("gguf", gguf_models.MAGIC, gguf_models.read_gguf),
    Format("sentencepiece", sentencepiece_models.is_sentencepiece, sentencepiece_models.accept_sentencepiece),
    Format("program", ANY, executables.refuse_program),
    Format("compiled python", compiled_python.is_compiled, compiled_python.refuse_compiled),
    Format("office", executables.OFFICE, executables.read_office),
    Format("pdf", pdf_documents.MAGIC, pdf_documents.read_pdf),
    Format("unread", _is_unread, _say_unread),
    *(Format(*form) for form in graph_files.FORMATS),
    Format("text", texts.is_text, texts.read_text),
    Format("text", texts.is_wide_text, texts.refuse_wide_text),
    Format("unknown", ANY, _say_unknown),
)


def read(source: Source, context: Context) -> None:
    """Read one file, or one member of an archive, and report to the context. Raises only LimitReached."""
    if not source.size:
        context.recognised("empty")
        return
    try:
        word = _read_by_content(source, context)
        if word != "zip" and _has_zip_directory(source):
            context.found("content.polyglot", "The file can also be opened as a zip archive.")
            archives.read_zip(source, context)
        elif word not in ("pdf", "text") and _has_pdf_header(source):
            context.found("content.polyglot", "The file can also be opened as a PDF document.")
        graph_files.read_behind_block(source, context)
    except Truncated:
        context.found("content.malformed", "The file ends too early.")


def _read_by_content(source: Source, context: Context) -> str:
    """Have the file read; returns the word of its format in the table."""
    head = source.read(0, 32)
    for kind in FORMATS:
        if kind.fits(source, head):
            before = context.format
            context.recognised(kind.word)
            if kind.read(source, context) is not False:
                return kind.word
            context.recognised(before)
    raise AssertionError("the last format fits every file")


def _has_zip_directory(source: Source) -> bool:
    """Whether a zip reader that looks from the end would find a directory; four stray bytes do not make one."""
    end = zip_directory.find_end(source)
    if end is None:
        return False
    size = int.from_bytes(source.read(end + 12, 4), "little")
    return (size >= 46 and source.read(end - size, 4) == zip_directory.CENTRAL) or source.read(
        end - 20, 4
    ) == zip_directory.LOCATOR64


def _has_pdf_header(source: Source) -> bool:
    """Readers of PDF look for its header in the first kilobyte, and for the end mark in the last."""
    return pdf_documents.MAGIC in source.read(0, 1_024) and b"%%EOF" in source.read(max(0, source.size - 1_024), 1_024)
